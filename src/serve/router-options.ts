/** How addresses are found. */
export const routerOptions = { maxParamLength: 300 };
