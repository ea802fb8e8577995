'use client';

export { WorkflowDbDevtools, type DevtoolsPosition, type WorkflowDbDevtoolsProps } from './devtools.js';
