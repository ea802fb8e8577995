// Rows, new rows and patches of the tables beyond workflows: exactly these columns with exactly these types.
import type {
  AccountSettings,
  AccountSettingsPatch,
  ApiKey,
  ApiKeyPatch,
  ApiKeyPublic,
  AuditDetails,
  AuditLog,
  AuditLogPatch,
  BrandSettings,
  BrandSettingsPatch,
  GatewayType,
  Integration,
  IntegrationPatch,
  NewAccountSettings,
  NewApiKey,
  NewAuditLog,
  NewBrandSettings,
  NewIntegration,
  NewSavedTemplate,
  NewWorkflowFavorite,
  NewWorkflowMember,
  NewWorkflowTemplate,
  SavedTemplate,
  SavedTemplatePatch,
  TemplateData,
  Theme,
  WorkflowConnection,
  WorkflowFavorite,
  WorkflowFavoritePatch,
  WorkflowMember,
  WorkflowMemberPatch,
  WorkflowNode,
  WorkflowTemplate,
  WorkflowTemplatePatch,
} from 'workflow-db';
import { yes, type Given, type Optional, type Plain, type Same } from './rows.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the app
type Json = Record<string, any>;
interface Stamped {
  id: string;
  created_at: string;
}
interface Changing extends Stamped {
  updated_at: string;
}
interface ExpectedApiKey extends Changing {
  user_id: string;
  service_name: string;
  encrypted_key: string;
  is_master_key: boolean;
  gateway_type: 'together' | 'replicate' | 'custom' | null;
  gateway_endpoint: string | null;
  last_used_at: string | null;
  is_active: boolean;
}
interface ExpectedBrand extends Changing {
  user_id: string;
  brand_name: string | null;
  primary_color: string | null;
  secondary_color: string | null;
  accent_color: string | null;
  logo_url: string | null;
  font_family: string;
  font_size_base: number;
  border_radius: number;
  brand_voice: string | null;
  tagline: string | null;
}
interface ExpectedAccount extends Changing {
  user_id: string;
  theme: 'light' | 'dark' | 'auto';
  notifications_enabled: boolean;
  email_on_completion: boolean;
  email_on_error: boolean;
  timezone: string;
  language: string;
}
interface ExpectedIntegration extends Changing {
  user_id: string;
  service_name: string;
  is_connected: boolean;
  encrypted_token: string | null;
  metadata: Json;
  last_verified_at: string | null;
}
interface ExpectedTemplate extends Changing {
  name: string;
  description: string | null;
  category: string;
  workflow_data: { nodes: WorkflowNode[]; connections: WorkflowConnection[] };
  thumbnail_url: string | null;
  usage_count: number;
  rating: number;
  created_by: string | null;
  is_featured: boolean;
}
interface ExpectedSavedTemplate extends Stamped {
  user_id: string;
  template_id: string;
}
interface ExpectedFavorite extends Stamped {
  user_id: string;
  workflow_id: string;
}
interface ExpectedMember extends Stamped {
  workflow_id: string;
  email: string;
  user_id: string | null;
  role: 'viewer' | 'editor';
  invited_by: string;
  accepted_at: string | null;
}
interface ExpectedAuditLog extends Stamped {
  user_id: string;
  action: string;
  resource_type: string | null;
  resource_id: string | null;
  details: { old?: Json; new?: Json; changes?: Json } | null;
  ip_address: string | null;
  user_agent: string | null;
}

yes<Same<Plain<ApiKey>, Plain<ExpectedApiKey>>>();
yes<
  Same<Plain<ApiKeyPublic>, Plain<Omit<ExpectedApiKey, 'encrypted_key'> & { encrypted_key: '[REDACTED]' }>>
>();
yes<Same<Plain<BrandSettings>, Plain<ExpectedBrand>>>();
yes<Same<Plain<AccountSettings>, Plain<ExpectedAccount>>>();
yes<Same<Plain<Integration>, Plain<ExpectedIntegration>>>();
yes<Same<Plain<WorkflowTemplate>, Plain<ExpectedTemplate>>>();
yes<Same<Plain<SavedTemplate>, Plain<ExpectedSavedTemplate>>>();
yes<Same<Plain<WorkflowFavorite>, Plain<ExpectedFavorite>>>();
yes<Same<Plain<WorkflowMember>, Plain<ExpectedMember>>>();
yes<Same<Plain<AuditLog>, Plain<ExpectedAuditLog>>>();
yes<Same<AuditDetails | null, AuditLog['details']>>();
yes<Same<TemplateData, ExpectedTemplate['workflow_data']>>();
yes<Same<Theme, ExpectedAccount['theme']>>();
yes<Same<GatewayType | null, ExpectedApiKey['gateway_type']>>();

// A new row requires the columns that are not null and have no default, and accepts every other column.
yes<Same<Given<NewApiKey>, 'user_id' | 'service_name' | 'encrypted_key'>>();
yes<Same<Given<NewBrandSettings | NewAccountSettings>, 'user_id'>>();
yes<Same<Given<NewIntegration>, 'user_id' | 'service_name'>>();
yes<Same<Given<NewWorkflowTemplate>, 'name' | 'workflow_data'>>();
yes<Same<Given<NewSavedTemplate>, 'user_id' | 'template_id'>>();
yes<Same<Given<NewWorkflowFavorite>, 'user_id' | 'workflow_id'>>();
yes<Same<Given<NewWorkflowMember>, 'workflow_id' | 'email' | 'role'>>();
yes<Same<Given<NewAuditLog>, 'user_id' | 'action'>>();
yes<Same<keyof NewApiKey, keyof ApiKey>>();
yes<Same<keyof NewBrandSettings, keyof BrandSettings>>();
yes<Same<keyof NewAccountSettings, keyof AccountSettings>>();
yes<Same<keyof NewIntegration, keyof Integration>>();
yes<Same<keyof NewWorkflowTemplate, keyof WorkflowTemplate>>();
yes<Same<keyof NewSavedTemplate, keyof SavedTemplate>>();
yes<Same<keyof NewWorkflowFavorite, keyof WorkflowFavorite>>();
yes<Same<keyof NewWorkflowMember, keyof WorkflowMember>>();
yes<Same<keyof NewAuditLog, keyof AuditLog>>();

// A patch accepts every column and requires none.
yes<Same<Optional<ApiKeyPatch>, keyof ApiKey>>();
yes<Same<Optional<BrandSettingsPatch>, keyof BrandSettings>>();
yes<Same<Optional<AccountSettingsPatch>, keyof AccountSettings>>();
yes<Same<Optional<IntegrationPatch>, keyof Integration>>();
yes<Same<Optional<WorkflowTemplatePatch>, keyof WorkflowTemplate>>();
yes<Same<Optional<SavedTemplatePatch>, keyof SavedTemplate>>();
yes<Same<Optional<WorkflowFavoritePatch>, keyof WorkflowFavorite>>();
yes<Same<Optional<WorkflowMemberPatch>, keyof WorkflowMember>>();
yes<Same<Optional<AuditLogPatch>, keyof AuditLog>>();
