const scaled = (values) => {
  const list = (values ?? []).map(Number);
  const low = Math.min(...list);
  const span = Math.max(...list) - low || 1;
  return list.map((value) => 22 - ((value - low) / span) * 20);
};

/** The path of a sparkline in a box of 80 × 24. */
export const line = (values) => {
  const ys = scaled(values);
  const step = ys.length > 1 ? 78 / (ys.length - 1) : 0;
  return ys.map((y, i) => `${i ? "L" : "M"}${(1 + i * step).toFixed(1)} ${y.toFixed(1)}`).join("");
};

/** Where a sparkline ends. */
export const end = (values) => scaled(values).at(-1)?.toFixed(1) ?? "12";

/** The path of a half ring filled to a share of 100. */
export const arc = (score) => {
  const share = Math.max(0.001, Math.min(100, Number(score) || 0) / 100);
  const angle = Math.PI * (1 - share);
  return `M12 60A48 48 0 0 1 ${(60 + 48 * Math.cos(angle)).toFixed(1)} ${(60 - 48 * Math.sin(angle)).toFixed(1)}`;
};
