using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Cairn.Functions.Tests.Deployment;

/// <summary>What this project asks of its templates beyond what the compiler does. Each rule reads a compiled template with all that is nested in it, and tells what breaks it.</summary>
internal static partial class TemplateRules
{
    private const string RoleAssignment = "Microsoft.Authorization/roleAssignments", CosmosAssignment = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments";

    // Quotes as they are, so that an expression can be looked for as it is written.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Roles over data only: none of them changes a resource or gives rights away.
    private static readonly Dictionary<string, string> AllowedRoles = new()
    {
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"] = "Storage Queue Data Message Sender",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["a638d3c7-ab3a-418d-83e6-5f17a39d4fde"] = "Azure Event Hubs Data Receiver",
        ["2b629674-e913-4c01-ae53-ef4638d8f975"] = "Azure Event Hubs Data Sender",
        ["00000000-0000-0000-0000-000000000002"] = "Cosmos DB Built-in Data Contributor",
    };

    public static IEnumerable<string> Undescribed(JsonObject template) =>
        from nested in Templates(template)
        from section in new[] { "parameters", "outputs" }
        from entry in Members(nested[section])
        where string.IsNullOrWhiteSpace(Description(entry.Value))
        select $"{section}/{entry.Key} has no @description";

    public static IEnumerable<string> Secrets(JsonObject template)
    {
        foreach (var nested in Templates(template))
        {
            var secure = Members(nested["parameters"]).Where(each => IsSecure(each.Value)).Select(each => $"parameters('{each.Key}')").ToArray();
            foreach (var (name, output) in Members(nested["outputs"]))
            {
                var text = output!.ToJsonString(Readable);
                if (IsSecure(output) || SecretProperty().IsMatch(text) || secure.Any(text.Contains))
                {
                    yield return $"outputs/{name} gives a secret away";
                }
            }
        }

        foreach (Match call in KeyFunction().Matches(template.ToJsonString(Readable)))
        {
            yield return $"{call.Value}…) asks for keys";
        }
    }

    /// <summary>Secrets that somebody hands over: keys are made in tables instead.</summary>
    public static IEnumerable<string> SecureParameters(JsonObject template) =>
        from nested in Templates(template)
        from parameter in Members(nested["parameters"])
        where IsSecure(parameter.Value)
        select $"parameters/{parameter.Key} is a secret";

    public static IEnumerable<string> Roles(JsonObject template) =>
        from nested in Templates(template)
        from resource in Resources(nested)
        where Type(resource) is RoleAssignment or CosmosAssignment
        from broken in BrokenBy(resource, nested)
        select $"{resource["name"]}: {broken}";

    /// <summary>The names of app settings, wherever they are set.</summary>
    public static IEnumerable<string> Settings(JsonObject template) =>
        from nested in Templates(template)
        from resource in Resources(nested)
        from name in Type(resource) == "Microsoft.Web/sites/config" ? Members(resource["properties"]).Select(each => each.Key)
            : Type(resource) == "Microsoft.Web/sites" ? (resource["properties"]?["siteConfig"]?["appSettings"] as JsonArray ?? []).Select(each => (string)each!["name"]!)
            : []
        select name;

    private static IEnumerable<string> BrokenBy(JsonNode assignment, JsonObject template)
    {
        var role = Guid().Match(Resolve((string)assignment["properties"]!["roleDefinitionId"]!, template)).Value;
        if (!AllowedRoles.ContainsKey(role))
        {
            yield return $"role '{role}' is not among those that this deployment gives";
        }

        // Without a scope it holds for the whole group, and what is in it later.
        var scope = (string?)(Type(assignment) == CosmosAssignment ? assignment["properties"]!["scope"] : assignment["scope"]) ?? "";
        if (scope == "" || scope.Contains("resourceGroup", StringComparison.Ordinal) || (Type(assignment) == CosmosAssignment && !scope.Contains("/colls/", StringComparison.Ordinal)))
        {
            yield return "it does not hold for one resource only";
        }

        if (string.IsNullOrWhiteSpace(Description(assignment)))
        {
            yield return "it has no @description of why";
        }
    }

    // variables('roles').name and variables('role') become what they stand for.
    private static string Resolve(string text, JsonObject template) => Variable().Replace(text, match =>
    {
        var value = template["variables"]?[match.Groups["name"].Value];
        return (match.Groups["member"].Success ? value?[match.Groups["member"].Value] : value)?.ToString() ?? match.Value;
    });

    private static IEnumerable<JsonObject> Templates(JsonObject template) =>
        Resources(template).Select(each => each["properties"]?["template"]).OfType<JsonObject>().SelectMany(Templates).Prepend(template);

    // A list, or by symbolic name where the template needs those.
    private static IEnumerable<JsonNode> Resources(JsonObject template) => template["resources"] switch
    {
        JsonArray list => list.Select(each => each!),
        JsonObject named => named.Select(each => each.Value!),
        _ => [],
    };

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Members(JsonNode? node) => node as JsonObject ?? [];

    private static string Type(JsonNode resource) => (string?)resource["type"] ?? "";

    private static string? Description(JsonNode? node) => (string?)node?["metadata"]?["description"];

    private static bool IsSecure(JsonNode? node) => ((string?)node?["type"] ?? "").StartsWith("secure", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"\blist[A-Z]\w*\(")]
    private static partial Regex KeyFunction();

    [GeneratedRegex("connectionString|instrumentationKey|primaryKey|secondaryKey|accessKey|masterKey|sasToken", RegexOptions.IgnoreCase)]
    private static partial Regex SecretProperty();

    [GeneratedRegex(@"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Guid();

    [GeneratedRegex(@"variables\('(?<name>\w+)'\)(\.(?<member>\w+))?")]
    private static partial Regex Variable();
}
