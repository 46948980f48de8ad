export { project } from "./project/project.js";
export type { ProjectedName, Projection, ProjectionChange, ProjectOptions } from "./project/projection.js";
