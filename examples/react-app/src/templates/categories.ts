/** The categories of the gallery. Templates of other categories are shown too. */
export const CATEGORIES = ['advertising', 'audio', 'image', 'text', 'video'];
