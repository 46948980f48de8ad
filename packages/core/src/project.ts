export { project } from "./project/project.js";
export type {
  ProjectedName,
  Projection,
  ProjectionChange,
  ProjectionFailure,
  ProjectOptions,
} from "./project/projection.js";
