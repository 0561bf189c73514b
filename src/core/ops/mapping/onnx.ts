// What ONNX calls our ops: operators that one row gives by itself, by how they take their inputs.

/** Rows of one operand by the ONNX operator they are. */
export const ONNX_UNARY: Readonly<Record<string, string>> = {
  Abs: 'abs',
  Acos: 'acos',
  Acosh: 'acosh',
  Asin: 'asin',
  Asinh: 'asinh',
  Atan: 'atan',
  Atanh: 'atanh',
  Ceil: 'ceil',
  Cos: 'cos',
  Cosh: 'cosh',
  Erf: 'erf',
  Exp: 'exp',
  Floor: 'floor',
  IsNaN: 'isnan',
  Log: 'log',
  Neg: 'negative',
  Not: 'logical_not',
  Reciprocal: 'reciprocal',
  Relu: 'relu',
  Round: 'round',
  Sigmoid: 'sigmoid',
  Sign: 'sign',
  Sin: 'sin',
  Sinh: 'sinh',
  Softplus: 'softplus',
  Sqrt: 'sqrt',
  Tan: 'tan',
  Tanh: 'tanh',
};

/** Rows of two operands. */
export const ONNX_BINARY: Readonly<Record<string, string>> = {
  Add: 'add',
  Sub: 'subtract',
  Mul: 'multiply',
  PRelu: 'leaky_relu',
  And: 'logical_and',
  Or: 'logical_or',
  Xor: 'logical_xor',
  Equal: 'equal',
  Greater: 'greater',
  GreaterOrEqual: 'greater_equal',
  Less: 'less',
  LessOrEqual: 'less_equal',
  BitwiseAnd: 'bitwise_and',
  BitwiseOr: 'bitwise_or',
  BitwiseXor: 'bitwise_xor',
  MatMul: 'matmul',
};

/** Rows of two operands whose operator takes any number, two at a time. */
export const ONNX_FOLDED: Readonly<Record<string, string>> = { Max: 'maximum', Min: 'minimum', Sum: 'add' };
