// @ts-check

/**
 * Prints rows under a title: texts left-aligned, everything else right-aligned.
 *
 * @param {string} title
 * @param {Record<string, unknown>[]} rows with the same columns
 */
export function printTable(title, rows) {
  const columns = Object.keys(rows[0]);
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index].length)));
  const isLeft = (/** @type {number} */ index) => index === 0;
  console.log(`\n${title}`);
  for (const line of lines) {
    const cells = line.map((cell, index) =>
      isLeft(index) ? cell.padEnd(widths[index]) : cell.padStart(widths[index]),
    );
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
}
