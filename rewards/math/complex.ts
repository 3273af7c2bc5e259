/** A complex number [real, imaginary]. */
export type Complex = [re: number, im: number];

export const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
export const negate = (a: Complex): Complex => [-a[0], -a[1]];
export const times = (a: Complex, b: Complex): Complex => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
export const abs = (a: Complex): number => Math.hypot(a[0], a[1]);
export const isReal = (a: Complex): boolean => a[1] === 0;

export function over(a: Complex, b: Complex): Complex {
  if (isReal(b)) return [a[0] / b[0], a[1] / b[0]];
  const size = b[0] ** 2 + b[1] ** 2;
  return [(a[0] * b[0] + a[1] * b[1]) / size, (a[1] * b[0] - a[0] * b[1]) / size];
}

export function exp(a: Complex): Complex {
  const size = Math.exp(a[0]);
  return isReal(a) ? [size, 0] : [size * Math.cos(a[1]), size * Math.sin(a[1])];
}

/** Principal branch. */
export function log(a: Complex): Complex {
  return isReal(a) && a[0] > 0 ? [Math.log(a[0]), 0] : [Math.log(abs(a)), Math.atan2(a[1], a[0])];
}

export function power(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) {
    const real = a[0] ** b[0];
    if (!Number.isNaN(real)) return [real, 0];
  }
  if (isReal(b) && Number.isInteger(b[0]) && Math.abs(b[0]) <= 64) return wholePower(a, b[0]);
  return abs(a) === 0 ? [Number.NaN, Number.NaN] : exp(times(b, log(a)));
}

function wholePower(a: Complex, n: number): Complex {
  let out: Complex = [1, 0];
  for (let i = 0; i < Math.abs(n); i++) out = times(out, a);
  return n < 0 ? over([1, 0], out) : out;
}

export function sqrt(a: Complex): Complex {
  if (isReal(a)) return a[0] >= 0 ? [Math.sqrt(a[0]), 0] : [0, Math.sqrt(-a[0])];
  return exp(times([0.5, 0], log(a)));
}

export function sin(a: Complex): Complex {
  if (isReal(a)) return [Math.sin(a[0]), 0];
  return [Math.sin(a[0]) * Math.cosh(a[1]), Math.cos(a[0]) * Math.sinh(a[1])];
}

export function cos(a: Complex): Complex {
  if (isReal(a)) return [Math.cos(a[0]), 0];
  return [Math.cos(a[0]) * Math.cosh(a[1]), -Math.sin(a[0]) * Math.sinh(a[1])];
}
