import { int, kernelArgs, pointer } from './definition.ts';

export const packPanelRows = kernelArgs('pack_panel_rows', {
  matrix: pointer('matrix k×n'),
  panels: pointer('panels'),
  n: int('columns, a multiple of 8', 'floats'),
  k: int('rows'),
});
