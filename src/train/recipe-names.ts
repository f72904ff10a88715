/** Names of recipes, for whoever lists them without loading them. */
export const recipeNames = [
  'imagenet',
  'cifar',
  'quick',
  'mobilenet',
  'efficientnet',
  'convnext',
  'resnet-a1',
  'resnet-a2',
  'resnet-a3',
] as const;
