/** The script of the engine's worker that trains as well. */
export {};
