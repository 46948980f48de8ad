/** How deep data may nest. Deeper data is refused on both sides. */
export const maxDepth = 64;
