import type { Picture } from "../../core/types.ts";

const LEVELS = 255;
/** Wang et al. 2004: a Gaussian window of 11 x 11 with sigma 1.5, K1 = 0.01, K2 = 0.03. */
const WINDOW = 11;
const SIGMA = 1.5;
const C1 = (0.01 * LEVELS) ** 2;
const C2 = (0.03 * LEVELS) ** 2;
const BINS = 8;

interface Plane {
  width: number;
  height: number;
  values: Float64Array;
}

/** Luminance by the weights of BT.601, 0 to 255. */
function luminance({ width, height, data }: Picture): Plane {
  const values = Float64Array.from(
    { length: width * height },
    (_, i) => 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!,
  );
  return { width, height, values };
}

function gaussian(size: number): number[] {
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * SIGMA ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Windowed means at every place where the whole window is inside the plane. */
function blurred({ width, height, values }: Plane): Float64Array {
  const [across, down] = [gaussian(Math.min(WINDOW, width)), gaussian(Math.min(WINDOW, height))];
  const [w, h] = [width - across.length + 1, height - down.length + 1];
  const rows = new Float64Array(w * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let k = 0; k < across.length; k++) sum += across[k]! * values[y * width + x + k]!;
      rows[y * w + x] = sum;
    }
  }
  const out = new Float64Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let k = 0; k < down.length; k++) sum += down[k]! * rows[(y + k) * w + x]!;
      out[y * w + x] = sum;
    }
  }
  return out;
}

/**
 * Mean structural similarity of the luminances, in [-1, 1]; 1 for the same picture. The window is Gaussian, 11 x 11, sigma 1.5 (the whole side
 * where a picture is smaller), at every place where it lies inside. Both pictures of one size. Source: SSIM, Wang et al. 2004.
 */
export function structuralSimilarity(a: Picture, b: Picture): number {
  const [x, y] = [luminance(a), luminance(b)];
  const product = (p: Plane, q: Plane): Plane => ({ ...p, values: p.values.map((value, i) => value * q.values[i]!) });
  const [meanX, meanY] = [blurred(x), blurred(y)];
  const [xx, yy, xy] = [blurred(product(x, x)), blurred(product(y, y)), blurred(product(x, y))];
  let total = 0;
  for (let i = 0; i < meanX.length; i++) {
    const [mx, my] = [meanX[i]!, meanY[i]!];
    const [varX, varY, cov] = [xx[i]! - mx * mx, yy[i]! - my * my, xy[i]! - mx * my];
    total += ((2 * mx * my + C1) * (2 * cov + C2)) / ((mx * mx + my * my + C1) * (varX + varY + C2));
  }
  return Math.min(1, total / meanX.length);
}

/** 1 - the mean absolute difference of all channels over 255, in [0, 1]. Both pictures of one size. */
export function pixelSimilarity(a: Picture, b: Picture): number {
  let total = 0;
  for (let i = 0; i < a.data.length; i++) total += Math.abs(a.data[i]! - b.data[i]!);
  return 1 - total / (LEVELS * a.data.length);
}

/** What two histograms of 8 x 8 x 8 colours share, in [0, 1]: 1 - half their L1 distance. Where a colour is does not matter. */
export function histogramSimilarity(a: Picture, b: Picture): number {
  const [p, q] = [histogram(a), histogram(b)];
  return p.reduce((sum, share, i) => sum + Math.min(share, q[i]!), 0);
}

function histogram({ width, height, data }: Picture): Float64Array {
  const counts = new Float64Array(BINS ** 3);
  const bin = (level: number) => Math.floor((level * BINS) / (LEVELS + 1));
  for (let i = 0; i < data.length; i += 3) {
    const at = (bin(data[i]!) * BINS + bin(data[i + 1]!)) * BINS + bin(data[i + 2]!);
    counts[at] = counts[at]! + 1;
  }
  return counts.map((count) => count / (width * height));
}

/** The picture at a smaller or equal size, each pixel the mean of the area it covers. */
export function shrunk(picture: Picture, width: number, height: number): Picture {
  if (width === picture.width && height === picture.height) return picture;
  const data = new Uint8Array(width * height * 3);
  const [across, down] = [spans(picture.width, width), spans(picture.height, height)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sums = [0, 0, 0];
      let weight = 0;
      for (const [row, rowShare] of down[y]!) {
        for (const [column, columnShare] of across[x]!) {
          const share = rowShare * columnShare;
          weight += share;
          for (let c = 0; c < 3; c++) sums[c] = sums[c]! + share * picture.data[(row * picture.width + column) * 3 + c]!;
        }
      }
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = Math.round(sums[c]! / weight);
    }
  }
  return { width, height, data };
}

/** Which old pixels each new one covers, and how much of each. */
function spans(from: number, to: number): [index: number, share: number][][] {
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [(i * from) / to, ((i + 1) * from) / to];
    const covered: [number, number][] = [];
    for (let k = Math.floor(start); k < Math.min(from, Math.ceil(end)); k++) {
      const share = Math.min(end, k + 1) - Math.max(start, k);
      if (share > 1e-9) covered.push([k, share]);
    }
    return covered;
  });
}
