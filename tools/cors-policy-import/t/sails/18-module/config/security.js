import { allowed } from '../lib/list.js';
export const security = { cors: { allRoutes: true, allowOrigins: allowed } };
