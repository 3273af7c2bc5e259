/** Added to the variance. verl's. */
const EPSILON = 1e-8;

/**
 * All values at which the mask is not 0, less their mean and divided by the root of their variance (Bessel) plus 1e-8; elsewhere 0. Fewer than
 * two values become 0. Arrays of any lengths, statistics over all of them. Source: verl's masked_whiten.
 */
export function whiten(values: readonly Float32Array[], masks: readonly Float32Array[]): Float32Array[] {
  let [count, sum, squares] = [0, 0, 0];
  const each = (visit: (value: number) => void) =>
    values.forEach((own, i) => {
      own.forEach((value, t) => {
        if (masks[i]![t] !== 0) visit(value);
      });
    });
  each((value) => {
    count++;
    sum += value;
  });
  const mean = sum / count;
  each((value) => {
    squares += (value - mean) ** 2;
  });
  const scale = count < 2 ? 0 : 1 / Math.sqrt(squares / (count - 1) + EPSILON);
  return values.map((own, i) => own.map((value, t) => (masks[i]![t] === 0 ? 0 : (value - mean) * scale)));
}
