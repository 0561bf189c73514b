// Gradients, in a page.
import './ops.ts';

export * from './grad/surface.ts';
