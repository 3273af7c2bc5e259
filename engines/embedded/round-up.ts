/** The smallest multiple of `step` that is at least `n`: shapes are rounded so that few different ones, and so few sessions, occur. */
export const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;
