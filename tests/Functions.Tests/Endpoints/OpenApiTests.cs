using System.Net;
using System.Text.Json;
using Cairn.Functions.Endpoints;
using Cairn.Functions.Problems;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Endpoints;

/// <summary>The document and the service say the same.</summary>
public sealed class OpenApiTests : ServerTests
{
    private JsonElement _document;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _document = (await Server.GetAsync("/openapi.json")).Require(HttpStatusCode.OK).Json;
    }

    [Fact]
    public void Document_WhenRead_IsOpenApi31()
    {
        Assert.Equal("3.1.0", _document.GetProperty("openapi").GetString());
        Assert.All(References(_document), reference => Assert.Equal(JsonValueKind.Object, Resolve(reference).ValueKind));
    }

    [Fact]
    public void Routes_WhenCompared_AreTheSame()
    {
        var served = RouteList.Table.All.Where(route => !route.IsReserved).Select(route => $"{route.Method} {route.Template}");
        var documented = Operations().Select(operation => $"{operation.Method} {operation.Path}");

        Assert.Equal(served.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Parameters_WhenCompared_AreTheSame()
    {
        foreach (var route in RouteList.Table.All.Where(route => !route.IsReserved))
        {
            var operation = Operations().Single(candidate => candidate.Method == route.Method && candidate.Path == route.Template);
            var parameters = Parameters(operation.Shared).Concat(Parameters(operation.Own)).ToArray();
            var query = parameters.Where(parameter => In(parameter, "query"))
                .Select(parameter => Name(parameter) + (parameter.GetProperty("schema").TryGetProperty("items", out _) ? "*" : ""));
            var path = parameters.Where(parameter => In(parameter, "path")).Select(parameter => $"{{{Name(parameter)}}}");

            Assert.Equal((route.Template, string.Join(" ", route.Takes.Order())), (route.Template, string.Join(" ", query.Order())));
            Assert.Equal(route.Template.Split('/').Where(segment => segment is ['{', ..]).Order(), path.Order());
        }
    }

    [Fact]
    public void Answers_WhenCompared_HaveTheSameTypes()
    {
        foreach (var route in RouteList.Table.All.Where(route => !route.IsReserved))
        {
            var operation = Operations().Single(candidate => candidate.Method == route.Method && candidate.Path == route.Template);
            foreach (var response in operation.Own.GetProperty("responses").EnumerateObject().Where(response => response.Name[0] == '2'))
            {
                if (response.Value.TryGetProperty("content", out var content))
                {
                    Assert.Equal((route.Template, string.Join(" ", route.Produces)), (route.Template, string.Join(" ", content.EnumerateObject().Select(type => type.Name))));
                }
            }
        }
    }

    [Fact]
    public void Problems_WhenListed_HaveAStatusOfTheirOwnRange() =>
        Assert.All(ProblemKinds.All, kind => Assert.InRange(ProblemKinds.Of(kind).Status, 400, 503));

    private IEnumerable<(string Method, string Path, JsonElement Shared, JsonElement Own)> Operations() =>
        from path in _document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where operation.Name != "parameters"
        select (operation.Name.ToUpperInvariant(), path.Name, path.Value, operation.Value);

    private IEnumerable<JsonElement> Parameters(JsonElement owner) => owner.TryGetProperty("parameters", out var list)
        ? list.EnumerateArray().Select(parameter => parameter.TryGetProperty("$ref", out var reference) ? Resolve(reference.GetString()!) : parameter)
        : [];

    // The key of an association is a parameter of its path; it is a query parameter all the same.
    private static bool In(JsonElement parameter, string where) => parameter.GetProperty("in").GetString() == where;

    private static string Name(JsonElement parameter) => parameter.GetProperty("name").GetString()!;

    private JsonElement Resolve(string reference) => reference.Split('/').Skip(1).Aggregate(_document, (at, step) => at.GetProperty(step));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member.Name == "$ref" && member.Value.ValueKind == JsonValueKind.String ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
