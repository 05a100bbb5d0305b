using System.Buffers;
using System.Globalization;
using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage.Lookups;
using Microsoft.Azure.Cosmos;

namespace Cairn.Infra.Cosmos;

/// <summary>Writes queries. What cannot be said for sure is left out, so that too much is found and never too little. One use.</summary>
internal sealed class LookupSql
{
    private const string Everything = "true";

    // Of any other name it is not sure that the service reads it as it was meant.
    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. ");

    private readonly List<object> _parameters = [];

    private LookupSql()
    {
    }

    /// <summary>Documents in the order of their keys.</summary>
    public static QueryDefinition Page(Incarnation life, LookupsQuery query)
    {
        var sql = new LookupSql();
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"SELECT TOP {query.Most} c.v, c.id, c.key, c.position, c.state{(query.IsBare ? "" : ", c.body")} FROM c WHERE ")
            .Append(CultureInfo.InvariantCulture, $"c.incarnation = {sql.Parameter(life.ToString())} AND c.state < {(int)LookupState.Deleted} AND c.key > {sql.Parameter(LookupJson.KeyOf(query.After.Span))}");
        if (query.Condition is { } condition && sql.Of(condition) is var said and not Everything)
        {
            text.Append(CultureInfo.InvariantCulture, $" AND (c.state = {(int)LookupState.TooLarge} OR {said})");
        }

        return sql.Define(text.Append(" ORDER BY c.key").ToString());
    }

    /// <summary>Documents by id, in any order; tombstones too.</summary>
    /// <param name="life">Whose.</param>
    /// <param name="ids">Of documents.</param>
    /// <param name="members">What is wanted of them.</param>
    public static QueryDefinition ById(Incarnation life, IEnumerable<string> ids, string members)
    {
        var sql = new LookupSql();
        return sql.Define($"SELECT {members} FROM c WHERE c.incarnation = {sql.Parameter(life.ToString())} AND c.id IN ({string.Join(", ", ids.Select(sql.Parameter))})");
    }

    /// <summary>Ids of a life's documents, its watermark aside.</summary>
    public static QueryDefinition Ids(Incarnation life, int most)
    {
        var sql = new LookupSql();
        return sql.Define(string.Create(
            CultureInfo.InvariantCulture, $"SELECT TOP {most} c.id FROM c WHERE c.incarnation = {sql.Parameter(life.ToString())} AND c.id != {sql.Parameter(WatermarkJson.Id)}"));
    }

    /// <summary>The lives that have a watermark.</summary>
    public static QueryDefinition Lives()
    {
        var sql = new LookupSql();
        return sql.Define($"SELECT c.incarnation FROM c WHERE c.id = {sql.Parameter(WatermarkJson.Id)}");
    }

    private string Of(LookupCondition condition) => condition switch
    {
        AllHold all => Join(all.Terms.Select(Of).Where(static term => term != Everything), " AND "),
        OneHolds one => one.Terms.Select(Of).ToList() is var terms && terms.Contains(Everything) ? Everything : Join(terms, " OR "),
        CarriesLabel label => $"ARRAY_CONTAINS(c.labels, {Parameter(label.Label)})",
        IdBeginsWith id => $"STARTSWITH(c.key, {Parameter(LookupJson.KeyOf(id.Prefix.Span))})",
        AttributeIsSet set => OfAttribute(set.Name, path => $"{(set.IsSet ? "" : "NOT ")}IS_DEFINED({path})"),
        AttributeEquals equals => OfAttribute(equals.Name, path => $"{Member(path, equals.Image)} = {Parameter(LookupJson.ParameterOf(equals.Image))}"),
        AttributeBetween between => OfAttribute(between.Name, path => Join(Bounds(path, between), " AND ")),
        AttributeBeginsWith begins => OfAttribute(begins.Name, path => $"STARTSWITH({path}, {Parameter(begins.Prefix)})"),
        AttributeHolds holds => OfAttribute(holds.Name, path => $"({Contains(path, holds.Item)} OR IS_STRING({path}))"),
        _ => Everything,
    };

    private IEnumerable<string> Bounds(string path, AttributeBetween between)
    {
        if (between.Least is { } least)
        {
            yield return $"{Member(path, least)} >= {Parameter(LookupJson.ParameterOf(least))}";
        }

        if (between.Most is { } most)
        {
            yield return $"{Member(path, most)} <= {Parameter(LookupJson.ParameterOf(most))}";
        }
    }

    private string Contains(string path, Value item) => item.Kind == ValueKind.DateTime
        ? $"ARRAY_CONTAINS({path}, {{\"t\": {Parameter(LookupJson.ParameterOf(item))}}})"
        : $"ARRAY_CONTAINS({path}, {Parameter(LookupJson.ParameterOf(item))})";

    private static string Member(string path, Value image) => image.Kind == ValueKind.DateTime ? $"{path}.t" : path;

    private static string OfAttribute(string name, Func<string, string> say) =>
        name.Length > 0 && !name.AsSpan().ContainsAnyExcept(PlainCharacters) ? say($"c.attributes[\"{name}\"]") : Everything;

    private static string Join(IEnumerable<string> terms, string word) => terms.ToList() switch
    {
        [] => Everything,
        [var one] => one,
        var several => $"({string.Join(word, several)})",
    };

    private string Parameter(object value)
    {
        _parameters.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"@p{_parameters.Count}");
    }

    private QueryDefinition Define(string text)
    {
        var query = new QueryDefinition(text);
        for (var i = 0; i < _parameters.Count; i++)
        {
            query = query.WithParameter(string.Create(CultureInfo.InvariantCulture, $"@p{i + 1}"), _parameters[i]);
        }

        return query;
    }
}
