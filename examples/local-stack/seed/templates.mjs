// @ts-check
import { daysBefore } from './time.mjs';
import { USERS } from './users.mjs';

const [ada, grace] = USERS.map(({ id }) => id);

/**
 * Which seeded workflows are offered as templates, and how.
 *
 * @type {{ from: string, name: string, category: string, by: string | null, used: number, rating: number,
 *   featured: boolean }[]}
 */
const TEMPLATES = [
  {
    from: 'Product launch video',
    name: 'Launch video',
    category: 'video',
    by: null,
    used: 412,
    rating: 4.8,
    featured: true,
  },
  {
    from: 'Social ad variants',
    name: 'Ad variants',
    category: 'advertising',
    by: null,
    used: 873,
    rating: 4.6,
    featured: true,
  },
  {
    from: 'Catalogue backgrounds',
    name: 'Product in a room',
    category: 'image',
    by: ada,
    used: 158,
    rating: 4.4,
    featured: false,
  },
  {
    from: 'Localised display ads',
    name: 'One ad, six markets',
    category: 'advertising',
    by: grace,
    used: 97,
    rating: 4.9,
    featured: true,
  },
  {
    from: 'Newsletter hero images',
    name: 'Newsletter hero',
    category: 'image',
    by: grace,
    used: 41,
    rating: 4.1,
    featured: false,
  },
  {
    from: 'Voice-over explainer',
    name: 'Explainer',
    category: 'video',
    by: null,
    used: 230,
    rating: 4.3,
    featured: false,
  },
];

/**
 * @param {import('./random.mjs').Random} random
 * @param {ReturnType<typeof import('./graph-rows.mjs').graphRows>[]} graphs
 * @param {Date} now
 */
export function templateRows(random, graphs, now) {
  const templates = TEMPLATES.map((template, index) => {
    const graph = graphs.find(({ workflow }) => workflow.name === template.from);
    if (!graph) throw new Error(`The template ${template.name} is made from a workflow that is not seeded.`);
    return {
      id: random.uuid(),
      name: template.name,
      description: graph.workflow.description,
      category: template.category,
      workflow_data: { nodes: graph.nodes, connections: graph.connections },
      thumbnail_url: `https://assets.example.com/templates/${index + 1}.webp`,
      usage_count: template.used,
      rating: template.rating,
      created_by: template.by,
      is_featured: template.featured,
      created_at: daysBefore(now, 50 - index * 6),
      updated_at: daysBefore(now, 20 - index * 2),
    };
  });
  const saved = [
    [ada, 3],
    [ada, 5],
    [grace, 0],
    [grace, 1],
  ].map(([owner, index]) => ({
    id: random.uuid(),
    user_id: owner,
    template_id: templates[Number(index)].id,
    created_at: daysBefore(now, random.int(1, 15)),
  }));
  return { templates, saved };
}
