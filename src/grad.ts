// Gradients, on Node.
export * from './grad/surface.ts';
