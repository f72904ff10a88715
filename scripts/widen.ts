import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import ts from 'typescript';

/** Bytes of a vector of 128 bits. */
const HALF = 16;
/** What upper halves are called: `a` is the lower half of a pair, `a_high` the upper. */
const HIGH = '_high';
const WIDE = '_wide';

/** Writes `<name>-wide.generated.ts` beside each source of a folder that has functions to widen, unless it is what it should be. */
export async function writeTwins(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((one) => one.endsWith('.ts')).map((one) => one.slice(0, -3));
  const sources = await Promise.all(
    names.map(async (name) => parse(name, await readFile(`${folder}/${name}.ts`, 'utf8'))),
  );
  const widened = new Set(sources.flatMap(widenedIn).map(nameOf));
  for (const [index, source] of sources.entries()) {
    if (widenedIn(source).length === 0) continue;
    const target = `${folder}/${names[index]}-wide.generated.ts`;
    const text = twinsOf(source, names[index], widened);
    if ((await readFile(target, 'utf8').catch(() => '')) === text) continue;
    // Another build may read or write the same file: it is put in place whole.
    const unfinished = `${target}.${process.pid}.tmp`;
    await writeFile(unfinished, text);
    await rename(unfinished, target);
  }
}

/**
 * The twins, for vectors of 256 bits, of those functions of an AssemblyScript source that are tagged `@widen`; `name` is
 * its file's, without its ending. A twin is called `<function>_wide` and does the same with vectors that are twice as long:
 *
 * - A local vector becomes two halves, and a statement that computes one becomes two, the lower half's first. What is the
 *   same in all lanes (splats) stays one.
 * - `v128.load` and `v128.store` of a pair take the next 16 bytes as well. Of stores the upper half's comes first: V8 then
 *   leaves out the narrow store that it keeps in case the wide one traps.
 * - `VECTOR`, the bytes of a vector, is 32 and `LANES`, its floats, 8. All else is as it is written.
 *
 * Each lane so goes through what it goes through in the original, in the same order. V8 makes one operation of two halves if
 * both lie in one basic block with no store in between (src/backends/wasm/README.md), so no vector may depend on a branch.
 */
export function widen(source: string, name: string): string {
  const file = parse(name, source);
  return twinsOf(file, name, new Set(widenedIn(file).map(nameOf)));
}

function parse(name: string, source: string): ts.SourceFile {
  return ts.createSourceFile(`${name}.ts`, source, ts.ScriptTarget.Latest, true);
}

/** `widened` are the functions that have a twin, of other files as well. */
function twinsOf(file: ts.SourceFile, name: string, widened: ReadonlySet<string>): string {
  const twins = widenedIn(file).map((declaration) => twinOf(declaration, widened));
  return [
    `// Made of ${name}.ts by scripts/widen.ts: what is to be changed is there.`,
    ...importsOf(file, name, widened, twins.join('\n')),
    ...twins.map((twin) => `\n${twin}`),
    '',
  ].join('\n');
}

function widenedIn(file: ts.SourceFile): readonly ts.FunctionDeclaration[] {
  return file.statements.filter(ts.isFunctionDeclaration).filter(isTagged);
}

function isTagged(declaration: ts.FunctionDeclaration): boolean {
  return ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'widen');
}

function nameOf(declaration: ts.FunctionDeclaration): string {
  if (declaration.name === undefined) throw new Error('a function that is tagged @widen has no name');
  return declaration.name.text;
}

/** What the original imports, and what it has itself, as far as the twins have use for it. */
function importsOf(
  file: ts.SourceFile,
  name: string,
  widened: ReadonlySet<string>,
  twins: string,
): readonly string[] {
  const used = (one: string) => new RegExp(`\\b${one}\\b`).test(twins);
  const line = (names: readonly string[], from: string) =>
    names.length === 0 ? [] : [`import { ${names.join(', ')} } from '${from}';`];
  const imported = file.statements
    .filter(ts.isImportDeclaration)
    .flatMap(({ importClause, moduleSpecifier }) => {
      const bindings = importClause?.namedBindings;
      const names =
        bindings && ts.isNamedImports(bindings) ? bindings.elements.map((one) => one.name.text) : [];
      const from = (moduleSpecifier as ts.StringLiteral).text;
      const wide = names.filter((one) => widened.has(one)).map((one) => one + WIDE);
      return [...line(names.filter(used), from), ...line(wide.filter(used), `${from}-wide.generated`)];
    });
  const exported = file.statements.flatMap((statement) => {
    if (ts.isFunctionDeclaration(statement)) return [nameOf(statement)];
    return ts.isVariableStatement(statement) ? statement.declarationList.declarations.map(textOf) : [];
  });
  return [...imported, ...line(exported.filter(used), `./${name}`)];
}

function textOf({ name }: ts.VariableDeclaration | ts.ParameterDeclaration): string {
  return name.getText();
}

function twinOf(declaration: ts.FunctionDeclaration, widened: ReadonlySet<string>): string {
  const { body } = declaration;
  if (body === undefined) throw new Error(`${nameOf(declaration)} has no body`);
  const pairs = pairsOf(declaration, body);
  const parameters = declaration.parameters.map((one) => {
    const text = one.getText();
    return pairs.has(textOf(one)) ? `${text}, ${textOf(one)}${HIGH}: v128` : text;
  });
  const inlined = declaration.modifiers?.some(ts.isDecorator) === true;
  const head = [
    ...(inlined ? ['// @ts-ignore: decorator', '@inline'] : ['export']),
    `function ${nameOf(declaration)}${WIDE}(${parameters.join(', ')}): ${declaration.type?.getText() ?? 'void'} `,
  ].join(inlined ? '\n' : ' ');
  return indented(head + new Twin(pairs, widened).block(body));
}

/** The names of the vectors of a function whose lanes differ, and so become two. */
function pairsOf(declaration: ts.FunctionDeclaration, body: ts.Block): ReadonlySet<string> {
  const given: (readonly [name: string, value: ts.Expression])[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer) given.push([textOf(node), node.initializer]);
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      given.push([node.left.getText(), node.right]);
    }
    ts.forEachChild(node, visit);
  };
  visit(body);
  const pairs = new Set(declaration.parameters.filter((one) => one.type?.getText() === 'v128').map(textOf));
  // Until none is found any more: a vector that is computed from one is one.
  for (let before = -1; before < pairs.size;) {
    before = pairs.size;
    for (const [name, value] of given) if (isPair(value, pairs)) pairs.add(name);
  }
  return pairs;
}

/** Whether an expression's lanes differ: it loads a vector or has one that does. */
function isPair(expression: ts.Node, pairs: ReadonlySet<string>): boolean {
  if (ts.isIdentifier(expression)) return pairs.has(expression.text);
  if (isCallOf(expression, 'v128.load')) return true;
  return ts.forEachChild(expression, (child) => isPair(child, pairs) || undefined) === true;
}

function isCallOf(node: ts.Node, name: string): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.getText() === name;
}

function typesOf({ typeArguments }: ts.CallExpression): string {
  return typeArguments ? `<${typeArguments.map((one) => one.getText()).join(', ')}>` : '';
}

/** Lines indented by the braces that are open before them. */
function indented(text: string): string {
  let depth = 0;
  return text.replace(/^.*$/gm, (line) => {
    const inside = line.startsWith('}') ? depth - 1 : depth;
    depth += line.split('{').length - line.split('}').length;
    return '  '.repeat(inside) + line.trimStart();
  });
}

class Twin {
  readonly #pairs: ReadonlySet<string>;
  readonly #widened: ReadonlySet<string>;

  constructor(pairs: ReadonlySet<string>, widened: ReadonlySet<string>) {
    this.#pairs = pairs;
    this.#widened = widened;
  }

  block(block: ts.Block): string {
    return `{\n${block.statements.map((statement) => `${this.#statement(statement)}\n`).join('')}}`;
  }

  #statement(statement: ts.Statement): string {
    if (ts.isBlock(statement)) return this.block(statement);
    if (ts.isVariableStatement(statement)) return this.#declarations(statement.declarationList);
    if (ts.isExpressionStatement(statement)) return this.#expression(statement.expression);
    return this.#text(statement, false);
  }

  #declarations({ declarations, flags }: ts.VariableDeclarationList): string {
    const keyword = flags & ts.NodeFlags.Const ? 'const' : 'let';
    return declarations
      .map((one) => {
        const low = `${keyword} ${this.#text(one, false)};`;
        return this.#pairs.has(textOf(one)) ? `${low}\n${keyword} ${this.#text(one, true)};` : low;
      })
      .join('\n');
  }

  #expression(expression: ts.Expression): string {
    const low = `${this.#text(expression, false)};`;
    if (isCallOf(expression, 'v128.store') && isPair(expression, this.#pairs)) {
      return `${this.#text(expression, true)};\n${low}`;
    }
    const assigns = ts.isBinaryExpression(expression) && this.#pairs.has(expression.left.getText());
    return assigns ? `${low}\n${this.#text(expression, true)};` : low;
  }

  /** A node's source for the lower or the upper halves; what comes in blocks in it, for both. */
  #text(node: ts.Node, high: boolean): string {
    if (ts.isBlock(node)) return this.block(node);
    if (ts.isIdentifier(node)) return this.#identifier(node.text, high);
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) return this.#declaration(node, high);
    if (ts.isCallExpression(node)) return this.#call(node, high);
    if (ts.isPropertyAccessExpression(node)) return node.getText();
    return this.#spliced(node, high);
  }

  #declaration({ name, type, initializer }: ts.VariableDeclaration, high: boolean): string {
    const typed = type ? `: ${type.getText()}` : '';
    const value = initializer ? ` = ${this.#text(initializer, high)}` : '';
    return `${this.#text(name, high)}${typed}${value}`;
  }

  #identifier(name: string, high: boolean): string {
    if (name === 'VECTOR') return String(2 * HALF);
    if (name === 'LANES') return String((2 * HALF) / 4);
    return high && this.#pairs.has(name) ? name + HIGH : name;
  }

  #call(call: ts.CallExpression, high: boolean): string {
    const name = call.expression.getText();
    const own = call.arguments.map((argument) => this.#text(argument, high));
    if (this.#widened.has(name)) {
      const both = call.arguments.flatMap((argument) =>
        isPair(argument, this.#pairs)
          ? [this.#text(argument, false), this.#text(argument, true)]
          : [this.#text(argument, false)],
      );
      return `${name}${WIDE}(${both.join(', ')})`;
    }
    // The offset is the last argument, if there is one.
    const without = name === 'v128.load' ? 1 : name === 'v128.store' ? 2 : undefined;
    if (high && without !== undefined) {
      const offset = own[without] as string | undefined;
      own[without] = offset === undefined ? String(HALF) : `${offset} + ${HALF}`;
    }
    return `${name}${typesOf(call)}(${own.join(', ')})`;
  }

  #spliced(node: ts.Node, high: boolean): string {
    const source = node.getSourceFile().text;
    let text = '';
    let at = node.getStart();
    ts.forEachChild(node, (child) => {
      text += source.slice(at, child.getStart()) + this.#child(child, high);
      at = child.getEnd();
    });
    return text + source.slice(at, node.getEnd());
  }

  #child(child: ts.Node, high: boolean): string {
    if (!ts.isStatement(child)) return this.#text(child, high);
    // What was one statement behind an `if` may be two.
    return ts.isExpressionStatement(child) ? `{\n${this.#statement(child)}\n}` : this.#statement(child);
  }
}
