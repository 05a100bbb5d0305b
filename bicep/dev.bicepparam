// To try it: nothing is paid while nobody calls, and the first write to a space creates it.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION')
param entraAudience = readEnvironmentVariable('CAIRN_ENTRA_AUDIENCE', '')
param autoCreateSpaces = true
