// Who may do what, all in one place. Each assignment holds for one resource, never for the group or the subscription.

@description('Object id of the service\'s identity.')
param principalId string

@description('Name of the storage account.')
param storageName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Object id of who makes the first key; empty: nobody but the service.')
param keyMakerPrincipalId string

@description('Name of the Event Hubs namespace; empty: there is none.')
param hubNamespaceName string

@description('Name of the hub in it.')
param hubName string

@description('Name of the Cosmos DB account; empty: there is none.')
param cosmosName string

@description('Name of the database in it.')
param cosmosDatabaseName string

@description('Name of the container in that.')
param cosmosContainerName string

// Built-in roles, by the ids that they have in every tenant.
var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  eventHubsDataReceiver: 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  eventHubsDataSender: '2b629674-e913-4c01-ae53-ef4638d8f975'
}

// Cosmos DB has roles of its own; this one reads and writes items, and changes no account.
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource hubNamespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = if (!empty(hubNamespaceName)) {
  name: hubNamespaceName

  resource hub 'eventhubs' existing = { name: hubName }
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = if (!empty(cosmosName)) {
  name: cosmosName
}

@description('The service writes logs and checkpoints; the Functions host keeps locks, secrets and packages in containers that it makes, for which Azure asks this role.')
resource blobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.storageBlobDataOwner)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
  }
}

@description('The host takes messages from the queues and puts failed ones aside; the service sends them.')
resource queues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.storageQueueDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataContributor
    )
  }
}

@description('The service keeps keys, quotas and imports in a table; the host notes in another one what is wrong with the app, which the portal shows.')
resource tables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.storageTableDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageTableDataContributor
    )
  }
}

@description('The host sends logs and metrics; the component takes none with a key.')
resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, roles.monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
  }
}

@description('Who deploys makes the first key, a record in a table. Whoever may write there may make keys.')
resource keyMaker 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(keyMakerPrincipalId)) {
  name: guid(storage.id, keyMakerPrincipalId, roles.storageTableDataContributor)
  scope: storage
  properties: {
    principalId: keyMakerPrincipalId
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageTableDataContributor
    )
  }
}

@description('The host receives events of ingest from this hub.')
resource receiver 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(hubNamespaceName)) {
  name: guid(hubNamespace::hub.id, principalId, roles.eventHubsDataReceiver)
  scope: hubNamespace::hub
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventHubsDataReceiver)
  }
}

@description('The service publishes what ingest takes to this hub.')
resource sender 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(hubNamespaceName)) {
  name: guid(hubNamespace::hub.id, principalId, roles.eventHubsDataSender)
  scope: hubNamespace::hub
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventHubsDataSender)
  }
}

@description('The service reads and writes the index of lookups, and no other container.')
resource lookups 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = if (!empty(cosmosName)) {
  parent: cosmos
  name: guid(cosmos.id, principalId, cosmosDataContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    scope: '${cosmos.id}/dbs/${cosmosDatabaseName}/colls/${cosmosContainerName}'
  }
}
