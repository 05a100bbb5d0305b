using System.Globalization;
using System.Text.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace Cairn.Functions.Triggers;

/// <summary>
/// What the Functions host posts to a custom handler: <c>{"Data":{binding: value},"Metadata":{name: value}}</c>. The host turns whatever is no object into
/// a string of JSON, a text too (which then has quotes of its own), a list too; its documentation shows some of them plain. Both are read.
/// </summary>
internal sealed class HostPayload : IDisposable
{
    // A batch of a hub's events, each a string within a string.
    private const long MaxBytes = 64L * 1024 * 1024;

    private readonly JsonDocument _document;
    private readonly List<JsonDocument> _inner = [];

    private HostPayload(JsonDocument document) => _document = document;

    /// <exception cref="ProblemException">syntax: it is no such payload.</exception>
    public static async Task<HostPayload> ReadAsync(Call call)
    {
        if (call.Request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBytes;
        }

        try
        {
            return new(await JsonDocument.ParseAsync(call.Request.Body, cancellationToken: call.Aborted));
        }
        catch (JsonException failure)
        {
            throw ProblemException.Of(ProblemKinds.Syntax, $"no payload of the Functions host: {failure.Message}");
        }
    }

    /// <summary>The text of a binding.</summary>
    public string Text(string binding) => TextOf(Require(Member("Data", binding), binding));

    /// <summary>The texts of a binding of many.</summary>
    public IReadOnlyList<string> Texts(string binding) => [.. Items(Require(Member("Data", binding), binding)).Select(TextOf)];

    /// <summary>A value of the metadata as text; null: there is none.</summary>
    public string? Metadata(string name) => Member("Metadata", name) is { } value ? TextOf(value) : null;

    /// <summary>The values of a list of the metadata as texts; empty: there is none.</summary>
    public IReadOnlyList<string> MetadataList(string name) => Member("Metadata", name) is { } value ? [.. Items(value).Select(TextOf)] : [];

    /// <summary>A member of an object of the metadata; null: there is none.</summary>
    public string? Metadata(string name, string member) =>
        Member("Metadata", name) is { } value && Unwrapped(value) is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(member, out var inner) ? TextOf(inner) : null;

    /// <summary>A time of the metadata.</summary>
    /// <exception cref="ProblemException">It is none. What it stands for would be another one at each delivery: a message's age, and with it whether it is known again.</exception>
    public static DateTimeOffset TimeOf(string? text, string name) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw ProblemException.Of(ProblemKinds.Invalid, $"the payload of the Functions host has no {name} that is a time");

    public void Dispose()
    {
        _inner.ForEach(each => each.Dispose());
        _document.Dispose();
    }

    private JsonElement? Member(string part, string name) =>
        _document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(part, out var members)
        && members.ValueKind == JsonValueKind.Object && members.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    private static JsonElement Require(JsonElement? value, string binding) =>
        value ?? throw ProblemException.Of(ProblemKinds.Invalid, $"the payload of the Functions host has no '{binding}'");

    private List<JsonElement> Items(JsonElement value) => Unwrapped(value) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [value];

    // A string within a string is unwrapped once: a text that has quotes of its own and is no string of JSON stays as it is.
    private string TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return value.GetRawText();
        }

        var text = value.GetString()!;
        return text is ['"', ..] && TryParse(text) is { ValueKind: JsonValueKind.String } inner ? inner.GetString()! : text;
    }

    private JsonElement Unwrapped(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is ['[' or '{', ..] text && TryParse(text) is { } inner ? inner : value;

    private JsonElement? TryParse(string text)
    {
        try
        {
            var document = JsonDocument.Parse(text);
            _inner.Add(document);
            return document.RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
