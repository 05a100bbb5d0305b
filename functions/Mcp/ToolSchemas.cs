namespace Cairn.Functions.Mcp;

/// <summary>Pieces of JSON schemas that tools share.</summary>
internal static class ToolSchemas
{
    public const string Strings = """{"type":"array","items":{"type":"string"}}""";

    public const string Entity = """
        {"type":"object","properties":{
          "name":{"type":"string","description":"The name of the entity, unique in the memory; case matters"},
          "entityType":{"type":"string","description":"The type of the entity, such as person or project"},
          "observations":{"type":"array","items":{"type":"string"},"description":"Facts about the entity, one each"}},
         "required":["name","entityType","observations"]}
        """;

    public const string Relation = """
        {"type":"object","properties":{
          "from":{"type":"string","description":"The name of the entity where the relation starts"},
          "to":{"type":"string","description":"The name of the entity where the relation ends"},
          "relationType":{"type":"string","description":"The type of the relation, in active voice, such as works_at"}},
         "required":["from","to","relationType"]}
        """;

    /// <summary>What reads of the graph answer. Less of an entity comes where less detail was asked for.</summary>
    public const string Graph = $$$"""
        {"type":"object","properties":{
          "entities":{"type":"array","items":{"type":"object","properties":{
            "name":{"type":"string"},"entityType":{"type":"string"},"observations":{{{Strings}}},
            "observationCount":{"type":"integer","description":"With detail summary: how many observations there are"}},
            "required":["name","entityType"]}},
          "relations":{"type":"array","items":{{{Relation}}}},
          "nextCursor":{"type":"string","description":"There is more: pass it as cursor"},
          "omittedRelations":{"type":"integer","description":"Relations of these entities that did not fit"}},
         "required":["entities","relations"]}
        """;

    public const string Done = """{"type":"object","properties":{"success":{"type":"boolean"},"message":{"type":"string"}},"required":["success","message"]}""";

    /// <summary>The arguments of every read of the graph.</summary>
    public const string Paging = """
        "detail":{"type":"string","enum":["full","summary","names"],"description":"full (default): everything. summary: one shortened observation each, and how many there are. names: names and types only, no relations"},
        "limit":{"type":"integer","minimum":1,"maximum":1000,"description":"Entities to return at most"},
        "cursor":{"type":"string","description":"nextCursor of the answer before"}
        """;

    /// <summary>An object with those members.</summary>
    /// <param name="properties">Members of <c>properties</c>.</param>
    /// <param name="required">Names of those that must be there.</param>
    public static string Object(string properties, params string[] required) =>
        $$"""{"type":"object","properties":{{{properties}}}{{(required.Length == 0 ? "" : $""","required":["{string.Join("\",\"", required)}"]""")}}}""";

    /// <summary>A property that is an array.</summary>
    public static string Array(string name, string items, string description) =>
        $"\"{name}\":" + $$"""{"type":"array","items":{{items}},"description":"{{description}}"}""";

    /// <summary>A property of a simple type.</summary>
    public static string Property(string name, string type, string description) =>
        $"\"{name}\":" + $$"""{"type":"{{type}}","description":"{{description}}"}""";
}
