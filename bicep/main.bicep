// Everything that one Cairn needs, in a resource group of its own. Identities only: there is no account key and no secret, not even as a parameter.
targetScope = 'subscription'

@description('Name of this deployment, such as dev or prod. Part of every resource\'s name.')
@minLength(2)
@maxLength(16)
param environmentName string

@description('Azure region of all resources. It must offer Flex Consumption: az functionapp list-flexconsumption-locations')
param location string

@description('Name of the resource group; made if it is missing.')
param resourceGroupName string = 'rg-cairn-${environmentName}'

@description('How storage is replicated. ZRS keeps three copies in three zones, and costs a quarter more for each write.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param storageSku string = 'Standard_LRS'

@description('Days in which a deleted blob can be brought back, on top of what Cairn itself retains; 0: it cannot. Deleted bytes are paid for until then.')
@minValue(0)
@maxValue(365)
param softDeleteDays int = 0

@description('Memory of an instance in MB; its processors grow with it.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('At most so many instances at a time.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that are kept running for HTTP. 0: a first request waits for a cold start, and nothing is paid at rest.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('Requests that one instance takes at a time before another one is started. Cairn writes what comes together in one append, so few full instances are better than many.')
@minValue(1)
@maxValue(1000)
param requestsPerInstance int = 100

@description('Whether an Event Hub stands before ingest. Its throughput unit is paid by the hour.')
param useEventHub bool = false

@description('Whether Cosmos DB (serverless) holds the index of lookups.')
param useCosmos bool = false

@description('Whether storage, hub and Cosmos DB can be reached only through a virtual network. Each private endpoint is paid by the hour.')
param usePrivateNetwork bool = false

@description('Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Upper limit of logs, in GB a day; what comes beyond it on that day is dropped.')
@minValue(1)
param logDailyCapGB int = 1

@description('Further names, separated by semicolons, under which the service is called, such as that of a custom domain.')
param allowedHosts string = ''

@description('Whether the first write to a space creates it.')
param autoCreateSpaces bool = false

@description('What makes vectors of concepts that have none: hashing, none, or the address of a service with the interface of OpenAI, which is asked with the identity of the app.')
param embedding string = 'hashing'

@description('The model of that service; of Azure OpenAI the deployment. Empty where there is none.')
param embeddingModel string = ''

@description('Client id of an app registration of this tenant: its access tokens are taken beside keys. Empty: keys only.')
param entraAudience string = ''

@description('Object id of who may make the first key in the tables; empty: nobody but the service. By default whoever deploys.')
param keyMakerPrincipalId string = deployer().objectId

var suffix = take(uniqueString(subscription().id, environmentName, location), 8)
var tags = { 'azd-env-name': environmentName, application: 'cairn' }
var publicNetworkAccess = usePrivateNetwork ? 'Disabled' : 'Enabled'
// Of every module, so that two deployments do not meet under one name.
var names = {
  app: 'func-cairn-${environmentName}-${suffix}'
  plan: 'plan-cairn-${environmentName}-${suffix}'
  identity: 'id-cairn-${environmentName}-${suffix}'
  storage: take('stcairn${toLower(replace(environmentName, '-', ''))}${suffix}', 24)
  logs: 'log-cairn-${environmentName}-${suffix}'
  insights: 'appi-cairn-${environmentName}-${suffix}'
  importEvents: 'egst-cairn-${environmentName}-${suffix}'
  hub: 'evhns-cairn-${environmentName}-${suffix}'
  cosmos: toLower('cosmos-cairn-${environmentName}-${suffix}')
  network: 'vnet-cairn-${environmentName}-${suffix}'
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: tags }
}

module logs 'modules/log-analytics.bicep' = {
  scope: group
  params: {
    name: names.logs
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyCapGB: logDailyCapGB
  }
}

module insights 'modules/application-insights.bicep' = {
  scope: group
  params: {
    name: names.insights
    location: location
    tags: tags
    workspaceId: logs.outputs.id
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.storage
    location: location
    tags: tags
    sku: storageSku
    softDeleteDays: softDeleteDays
    publicNetworkAccess: publicNetworkAccess
  }
}

module hub 'modules/event-hubs.bicep' = if (useEventHub) {
  scope: group
  params: { name: names.hub, location: location, tags: tags, publicNetworkAccess: publicNetworkAccess }
}

module cosmos 'modules/cosmos.bicep' = if (useCosmos) {
  scope: group
  params: { name: names.cosmos, location: location, tags: tags, publicNetworkAccess: publicNetworkAccess }
}

module network 'modules/network.bicep' = if (usePrivateNetwork) {
  scope: group
  params: { name: names.network, location: location, tags: tags }
}

var endpoints = [
  { service: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}', used: true }
  { service: 'queue', zone: 'privatelink.queue.${environment().suffixes.storage}', used: true }
  { service: 'table', zone: 'privatelink.table.${environment().suffixes.storage}', used: true }
  { service: 'namespace', zone: 'privatelink.servicebus.windows.net', used: useEventHub }
  { service: 'Sql', zone: 'privatelink.documents.azure.com', used: useCosmos }
]

// What each of them leads to, in the same order: known only when it is there.
var endpointTargets = [
  storage.outputs.id
  storage.outputs.id
  storage.outputs.id
  hub.?outputs.id ?? ''
  cosmos.?outputs.id ?? ''
]

module privateEndpoints 'modules/private-endpoint.bicep' = [
  for (endpoint, i) in endpoints: if (usePrivateNetwork && endpoint.used) {
    name: 'private-endpoint-${toLower(endpoint.service)}'
    scope: group
    params: {
      name: 'pep-${toLower(endpoint.service)}-${environmentName}-${suffix}'
      location: location
      tags: tags
      networkId: network.?outputs.id ?? ''
      subnetId: network.?outputs.endpointSubnetId ?? ''
      resourceId: endpointTargets[i]
      service: endpoint.service
      zone: endpoint.zone
    }
  }
]

module access 'modules/access.bicep' = {
  scope: group
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    insightsName: insights.outputs.name
    keyMakerPrincipalId: keyMakerPrincipalId
    hubNamespaceName: hub.?outputs.name ?? ''
    hubName: hub.?outputs.hubName ?? ''
    cosmosName: cosmos.?outputs.name ?? ''
    cosmosDatabaseName: cosmos.?outputs.databaseName ?? ''
    cosmosContainerName: cosmos.?outputs.containerName ?? ''
  }
}

// Event Grid stands outside of a virtual network, and a queue within is closed to it: there the hourly sweep finds the files.
module importEvents 'modules/import-events.bicep' = if (!usePrivateNetwork) {
  scope: group
  params: {
    name: names.importEvents
    location: location
    tags: tags
    storageName: storage.outputs.name
    importContainerName: storage.outputs.importContainerName
  }
}

module app 'modules/function-app.bicep' = {
  scope: group
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    dataContainerName: storage.outputs.dataContainerName
    packageContainerName: storage.outputs.packageContainerName
    insightsName: insights.outputs.name
    hubHost: hub.?outputs.host ?? ''
    hubName: hub.?outputs.hubName ?? ''
    hubPartitionCount: hub.?outputs.partitionCount ?? 0
    hubLife: hub.?outputs.life ?? ''
    cosmosEndpoint: cosmos.?outputs.endpoint ?? ''
    subnetId: network.?outputs.appSubnetId ?? ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    requestsPerInstance: requestsPerInstance
    allowedHosts: allowedHosts
    autoCreateSpaces: autoCreateSpaces
    embedding: embedding
    embeddingModel: embeddingModel
    entraAudience: entraAudience
  }
  // The app reads its package as soon as it is there: what it may do must be settled before.
  dependsOn: [access, privateEndpoints]
}

@description('Name of the resource group.')
output resourceGroupName string = group.name

@description('Name of the function app, for deploying code to it.')
output functionAppName string = app.outputs.name

@description('Where the service answers.')
output serviceUrl string = app.outputs.url

@description('Name of the storage account, whose tables hold the keys of callers.')
output storageName string = storage.outputs.name

@description('Name of the hub that bursts go through; empty: there is none.')
output hubName string = hub.?outputs.hubName ?? ''

@description('Container of the data; keys belong to it.')
output dataContainerName string = storage.outputs.dataContainerName

@description('Whether those tables can be reached from outside of the virtual network.')
output tablesArePublic bool = !usePrivateNetwork
