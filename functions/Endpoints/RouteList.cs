using Cairn.Functions.Mcp;
using Cairn.Functions.Routing;

namespace Cairn.Functions.Endpoints;

/// <summary>Every route of the service.</summary>
internal static class RouteList
{
    public static readonly RouteTable Table = new(
    [
        .. SpaceEndpoints.Routes,
        .. CommitEndpoints.Routes,
        .. IngestEndpoint.Routes,
        .. ConceptEndpoints.Routes,
        .. AssociationEndpoints.Routes,
        .. ListEndpoints.Routes,
        .. GetEndpoint.Routes,
        .. NeighborEndpoint.Routes,
        .. PathEndpoint.Routes,
        .. AggregateEndpoint.Routes,
        .. SearchEndpoint.Routes,
        .. SchemaEndpoint.Routes,
        .. UpdateEndpoint.Routes,
        .. ImportEndpoint.Routes,
        .. ImportJobEndpoint.Routes,
        .. ExportEndpoint.Routes,
        .. ChangesEndpoint.Routes,
        .. StatsEndpoint.Routes,
        .. QuotaEndpoint.Routes,
        .. KeyEndpoints.Routes,
        .. HealthEndpoints.Routes,
        .. OpenApiEndpoint.Routes,
        .. McpEndpoint.Routes,
        .. ReservedEndpoints.Routes,
    ]);
}
