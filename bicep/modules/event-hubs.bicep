// Takes bursts of ingest. Standard, because Basic lets no second reader follow the same stream.

@description('Name of the namespace, unique in Azure.')
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Whether it answers outside of the virtual network.')
param publicNetworkAccess string

@description('Throughput units to grow to: 1 MB or 1,000 events a second each.')
@minValue(1)
@maxValue(40)
param maximumThroughputUnits int = 4

@description('Partitions. Standard cannot change them later; spaces are spread over them.')
@minValue(1)
@maxValue(32)
param partitionCount int = 8

@description('Hours for which events are kept.')
@minValue(1)
@maxValue(168)
param retentionHours int = 24

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard', capacity: 1 }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicNetworkAccess
    isAutoInflateEnabled: maximumThroughputUnits > 1
    maximumThroughputUnits: maximumThroughputUnits > 1 ? maximumThroughputUnits : 0
  }
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: 'cairn-ingest'
  properties: {
    partitionCount: partitionCount
    retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: retentionHours }
  }
}

// The trigger reads as $Default; whoever else follows the stream takes this group, or one of its own.
resource others 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: hub
  name: 'others'
}

@description('Resource id, for a private endpoint.')
output id string = namespace.id

@description('Name of the namespace.')
output name string = namespace.name

@description('Host name of the namespace, for clients.')
output host string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]

@description('Name of the hub.')
output hubName string = hub.name

@description('Which life of the hub this is: another one when it was deleted and made anew, since its events are then numbered anew.')
output life string = guid(hub.id, hub.properties.createdAt)

@description('How many partitions the hub has.')
output partitionCount int = partitionCount
