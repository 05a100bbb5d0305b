// The one storage account: write logs and checkpoints, queues, the Functions host's own state, and the packages of code.

@description('Name of the account, unique in Azure.')
@minLength(3)
@maxLength(24)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('How the account is replicated.')
param sku string

@description('Days in which a deleted blob can be brought back; 0: it cannot.')
param softDeleteDays int

@description('Whether it answers outside of the virtual network.')
param publicNetworkAccess string

var packageContainer = 'deployments'
var dataContainer = 'cairn'
var importContainer = 'imports'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
      bypass: 'None'
    }
  }
}

// No versions: an append would make one of the whole log file.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: softDeleteDays > 0 ? { enabled: true, days: softDeleteDays } : { enabled: false }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in [dataContainer, packageContainer, importContainer]: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

// What the Functions host gives up on goes to the queue of the same name with -poison.
resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [
  for queue in ['cairn-ingest', 'cairn-ingest-poison', 'cairn-reconcile', 'cairn-reconcile-poison', 'cairn-import', 'cairn-import-poison']: {
    parent: queueService
    name: queue
  }
]

@description('Resource id, for private endpoints.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Container of the data.')
output dataContainerName string = dataContainer

@description('Container of the packages of code.')
output packageContainerName string = packageContainer

@description('Container of the files that wait to be imported.')
output importContainerName string = importContainer
