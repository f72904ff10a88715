/** A new seed for every run, printed for every file that draws; `CARDINAL_SEED=7 npx vitest run …` repeats one. `.ci/run` has one of its own. */
export const seed = Number(process.env['CARDINAL_SEED'] ?? Date.now() % 1_000_000);
console.log(`CARDINAL_SEED=${seed}`);
