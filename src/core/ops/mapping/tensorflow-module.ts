// What is used of TensorFlow.js, told by structure: the library runs with any build of it and depends on none.

/** Dtypes of tf that ours map to one to one. */
export type TfDType = 'float32' | 'int32' | 'bool';

/** Arrays that tf makes tensors of and reads them into. */
export type TfArray = Float32Array | Int32Array | Uint8Array;

/** A tensor of tf. */
export interface TfTensor {
  readonly shape: number[];
  readonly dtype: string;
  /** Elements at once; backends on a GPU may refuse. */
  dataSync(): TfArray;
  data(): Promise<TfArray>;
  dispose(): void;
}

type Unary = (x: TfTensor) => TfTensor;
type Binary = (x: TfTensor, y: TfTensor) => TfTensor;
type Reduction = (x: TfTensor, axis: number[], keepDims: boolean) => TfTensor;

type UnaryName =
  | 'abs'
  | 'acos'
  | 'acosh'
  | 'asin'
  | 'asinh'
  | 'atan'
  | 'atanh'
  | 'ceil'
  | 'cosh'
  | 'exp'
  | 'expm1'
  | 'floor'
  | 'isFinite'
  | 'isInf'
  | 'isNaN'
  | 'log'
  | 'logicalNot'
  | 'logSoftmax'
  | 'neg'
  | 'relu'
  | 'sigmoid'
  | 'sinh'
  | 'softmax'
  | 'softplus'
  | 'sqrt'
  | 'square'
  | 'tan'
  | 'tanh';
type BinaryName =
  | 'add'
  | 'atan2'
  | 'div'
  | 'equal'
  | 'greater'
  | 'greaterEqual'
  | 'less'
  | 'lessEqual'
  | 'logicalAnd'
  | 'logicalOr'
  | 'maximum'
  | 'minimum'
  | 'mul'
  | 'notEqual'
  | 'outerProduct'
  | 'sub';
type ReductionName = 'all' | 'any' | 'max' | 'min' | 'sum';

/** Functions of tf that make a tensor of tensors. */
type TensorflowOps = Record<UnaryName, Unary> &
  Record<BinaryName, Binary> &
  Record<ReductionName, Reduction> & {
    matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
    reshape(x: TfTensor, shape: number[]): TfTensor;
    scalar(value: number): TfTensor;
    slice(x: TfTensor, begin: number[], size: number[]): TfTensor;
    transpose(x: TfTensor, order: number[]): TfTensor;
    where(condition: TfTensor, x: TfTensor, y: TfTensor): TfTensor;
  };

/**
 * What the module of TensorFlow.js is known by: `import * as tf from '@tensorflow/tfjs'`, tfjs-node, or tfjs-core with
 * a backend.
 */
export interface TensorflowModule {
  readonly version_core: string;
  /** Resolves when a backend is initialised; rejects where none can be. */
  ready(): Promise<void>;
  /** The backend in use; undefined or empty before there is one. */
  getBackend(): string;
}

/** The module as the library calls it; tf declares its functions for more kinds of arguments than these. */
export interface TensorFlow extends TensorflowModule, TensorflowOps {
  tensor(values: TfArray, shape: number[], dtype: TfDType): TfTensor;
  /** Disposes what the function made, but for what it returns. */
  tidy(compute: () => TfTensor): TfTensor;
}
