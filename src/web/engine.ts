/** The script of the engine's worker, for inference. */
export {};
