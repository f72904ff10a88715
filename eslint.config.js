import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Arguments lie on the stack, which ends after some hundred thousand: of files, names, pictures there may be more. */
const noLongSpread = {
  selector:
    'CallExpression[callee.property.name=/^(push|unshift|max|min)$/] > SpreadElement, CallExpression[callee.name=/^(print|tell|writeLines)$/] > SpreadElement',
  message:
    'Spread no list of any length into a call: loop, largest (src/base/extremes.ts), or give the list.',
};

/** Its schemas have methods for everything, so a page would load all of zod for one of them. */
const wholeZod = { name: 'zod', message: 'Import zod/mini.' };

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'runs/',
      'src/backends/wasm/kernels/',
      'src/serve/grpc/inference_pb.ts', // generated
      'src/weights/onnx/onnx_pb.ts', // generated
      'test/fixtures/',
    ],
  },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.mjs', 'bin/*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
      globals: { console: 'readonly', process: 'readonly', URL: 'readonly' },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // Numbers in messages are the point of the messages.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `{}` rows of a typed table are interfaces on purpose.
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/prefer-for-of': 'off',
      'no-console': ['error'],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/node/sharp.ts'],
    rules: {
      // An installation may have left its binary out: what decodes no pictures must work without.
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'sharp', message: 'Load it by src/node/sharp.ts.' }, wholeZod] },
      ],
    },
  },
  { files: ['src/**'], rules: { 'no-restricted-syntax': ['error', noLongSpread] } },
  {
    // Names and messages of strangers must not reach a terminal as they are.
    files: ['src/cli/**'],
    ignores: [
      'src/cli/output/colours.ts',
      'src/cli/output/lines.ts',
      'src/cli/output/print.ts',
      'src/cli/output/transient.ts',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'sharp', message: 'Load it by src/node/sharp.ts.' },
            { name: 'picocolors', message: 'Colours are those of src/cli/output/colours.ts.' },
            wholeZod,
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        noLongSpread,
        {
          selector:
            "CallExpression[callee.property.name='write'][arguments.0.type!='Literal'] > MemberExpression.callee:matches([object.name='stream'], [object.property.name=/^std(out|err)$/])",
          message:
            'Lines are written by print or tell (src/cli/output/print.ts), or by writeLines (src/cli/output/lines.ts).',
        },
      ],
    },
  },
  {
    files: ['examples/**', 'bench/**', 'scripts/**', 'bin/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // Names have one order, `byCodePoint`: JavaScript's own is by UTF-16 units, and a collator's is the machine's.
    files: ['src/**', 'bench/**', 'scripts/**'],
    rules: {
      '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: false }],
      'no-restricted-properties': [
        'error',
        { property: 'localeCompare', message: 'Names are sorted by byCodePoint (src/base/order.ts).' },
        {
          object: 'Intl',
          property: 'Collator',
          message: 'Names are sorted by byCodePoint (src/base/order.ts).',
        },
      ],
    },
  },
  {
    // What runs in a browser; `tsc -p src/serve/page` knows its names.
    files: ['src/serve/page/in-page.js'],
    rules: { 'no-undef': 'off' },
  },
  {
    // A page; `tsc -p studio` knows its names.
    files: ['studio/src/**'],
    rules: { 'no-undef': 'off' },
  },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
);
