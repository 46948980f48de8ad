/** What an error says of itself, such as `": connect ECONNREFUSED"`; browsers say nothing. */
export function errorDetail(error: unknown): string {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return typeof message === "string" && message ? `: ${message}` : "";
}
