/** What entries of mobile networks have in common. */

/** They drop a fifth of the features, as their authors did. */
export const mobileHead = { numClasses: 1000, inChannels: 3, dropout: 0.2, dropPath: 0 } as const;

/** Of networks for weights of TensorFlow's programs. */
export const tensorFlows = { padding: 'same', norm: { eps: 1e-3 } } as const;

/** ε of torchvision's MobileNetV3 and EfficientNetV2, where timm has PyTorch's 1e-5. */
export const torchvisionEps = 1e-3;
