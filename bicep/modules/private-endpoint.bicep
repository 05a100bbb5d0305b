// One service of one resource, inside the network, under the name that clients use anyway.

@description('Name of the endpoint.')
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the network that resolves the name.')
param networkId string

@description('Resource id of the subnet that it gets an address in.')
param subnetId string

@description('Resource id of what it leads to.')
param resourceId string

@description('Which service of that, such as blob; Azure calls it a group id.')
param service string

@description('Private DNS zone of the service.')
param zone string

resource dnsZone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zone
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: 'cairn'
    location: 'global'
    properties: { registrationEnabled: false, virtualNetwork: { id: networkId } }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: service
        properties: { privateLinkServiceId: resourceId, groupIds: [service] }
      }
    ]
  }

  resource zoneGroup 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: service, properties: { privateDnsZoneId: dnsZone.id } }] }
  }
}
