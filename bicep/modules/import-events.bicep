// A message into the queue cairn-import for each file that is put into the container of imports. Delivered by an identity; no key and no webhook.

@description('Name of the topic.')
param name string

@description('Azure region; that of the storage account.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the storage account.')
param storageName string

@description('Container that is watched.')
param importContainerName string

// Storage Queue Data Message Sender: adds messages, reads none.
var queueSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName

  resource queues 'queueServices' existing = {
    name: 'default'

    resource queue 'queues' existing = { name: 'cairn-import' }
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: storage.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

@description('Event Grid puts a message for each new file into this queue, and may do nothing else.')
resource sender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage::queues::queue.id, name, queueSender)
  scope: storage::queues::queue
  properties: {
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueSender)
  }
}

// Endings are those that the program imports; bodies that callers sent have none, and a message of their own.
resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2022-06-15' = {
  parent: topic
  name: 'cairn-import'
  properties: {
    deliveryWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      destination: {
        endpointType: 'StorageQueue'
        properties: { resourceId: storage.id, queueName: 'cairn-import' }
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: '/blobServices/default/containers/${importContainerName}/blobs/'
      advancedFilters: [
        { operatorType: 'StringEndsWith', key: 'subject', values: ['.json', '.jsonl', '.ndjson'] }
      ]
    }
    eventDeliverySchema: 'EventGridSchema'
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
  dependsOn: [sender]
}
