// @ts-check

/** The anchor of a heading, as code hosts make it, so that links work there and on the site. @param {string} heading */
export function slugOf(heading) {
  const words = heading
    .toLowerCase()
    .trim()
    .replace(/[^\p{L}\p{N} _-]/gu, '');
  return words.replaceAll(' ', '-');
}
