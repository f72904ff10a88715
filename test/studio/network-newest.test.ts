import { describe, expect, it } from 'vitest';
import { Newest, type Answer } from '../../studio/src/network/work/newest.ts';

/** Questions are answered when the test says so. */
function asking() {
  const asked: {
    readonly question: number;
    readonly answer: () => Promise<void>;
    readonly fail: () => Promise<void>;
  }[] = [];
  const told: Answer<number>[] = [];
  const newest = new Newest<number, number>(
    (question) =>
      new Promise((resolve, reject) => {
        const settled = () => new Promise<void>((done) => setImmediate(done));
        asked.push({
          question,
          answer: () => (resolve(10 * question), settled()),
          fail: () => (reject(new Error(`no ${question}`)), settled()),
        });
      }),
    (answer) => {
      told.push(answer);
    },
  );
  return { newest, asked, told, questions: () => asked.map(({ question }) => question) };
}

describe('questions of a control that is dragged', () => {
  it('asks one at a time, and of those that wait the newest', async () => {
    const { newest, asked, told, questions } = asking();
    for (const question of [1, 2, 3, 4]) newest.ask(question);
    expect(questions()).toEqual([1]);
    await asked[0].answer();
    expect(questions()).toEqual([1, 4]);
    await asked[1].answer();
    expect(told).toEqual([{ value: 10 }, { value: 40 }]);
  });

  it('keeps answers, errors too', async () => {
    const { newest, asked, told, questions } = asking();
    newest.ask(1);
    await asked[0].fail();
    newest.ask(1);
    expect(questions()).toEqual([1]);
    expect(told).toEqual([{ error: 'no 1' }, { error: 'no 1' }]);
  });

  it('lets no late answer replace a later one that was kept', async () => {
    const { newest, asked, told } = asking();
    newest.ask(1);
    await asked[0].answer();
    newest.ask(2);
    newest.ask(1);
    await asked[1].answer();
    expect(told).toEqual([{ value: 10 }, { value: 10 }]);
  });
});
