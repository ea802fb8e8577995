// @ts-check
/** @typedef {import('./world.mjs').World} World */

/**
 * Ada and Grace with one row in each table, in one page with Ada signed in. The page has their tokens in `tokens`.
 *
 * @param {World} world
 * @param {Record<string, any>} [options] additional options for `configure`
 */
export async function twoUsers(world, options = {}) {
  const { newUser, newEstate, open } = world;
  const [ada, grace] = [await newUser('ada'), await newUser('grace')];
  const [adas, graces] = [await newEstate(ada), await newEstate(grace)];
  const tab = await open({ as: ada, options });
  await tab.run(
    (tokens) => {
      Object.assign(globalThis, { tokens });
    },
    { ada: ada.token, grace: grace.token },
  );
  return { ada, grace, adas, graces, tab };
}
