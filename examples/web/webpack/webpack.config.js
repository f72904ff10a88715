import { fileURLToPath } from 'node:url';

export default {
  mode: 'production',
  entry: './main.ts',
  output: { path: fileURLToPath(new URL('dist', import.meta.url)), filename: 'main.js' },
  resolve: { extensions: ['.ts', '.js'] },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader' }] },
};
