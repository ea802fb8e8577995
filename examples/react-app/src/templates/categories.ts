/** What the gallery is sorted by. A template of another category is shown all the same. */
export const CATEGORIES = ['advertising', 'audio', 'image', 'text', 'video'];
