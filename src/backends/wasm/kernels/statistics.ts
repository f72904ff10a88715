/** Stores a mean in two floats, and 1/√(var + ε) of Σ(x − mean)². */
export function keep(stored: usize, left: usize, invstd: usize, mean: f64, m2: f64, count: f64, eps: f64): void {
  store<f32>(stored, <f32>mean);
  store<f32>(left, <f32>(mean - <f64>load<f32>(stored)));
  store<f32>(invstd, <f32>(1 / Math.sqrt(m2 / count + eps)));
}

/** Adds the share of a new statistic to what is left of a running one. */
export function track(running: usize, share: f64, momentum: f64): void {
  store<f32>(running, <f32>((1 - momentum) * <f64>load<f32>(running) + share));
}
