import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'target',
      'pkg',
      'build',
      '**/node_modules',
      '**/dist',
      '**/.cache',
      '**/.pages',
      'pkg-template/src/generated',
      'src/io',
    ],
  },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
);
