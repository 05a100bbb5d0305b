using System.Text;
using System.Text.Json;
using Cairn.Functions.Problems;

namespace Cairn.Functions.Json;

/// <summary>Problems of a text that is not JSON, with line and column from 1 (columns count bytes).</summary>
internal static class JsonSyntax
{
    public static ProblemException NotJson(JsonException e)
    {
        var (line, column) = ((e.LineNumber ?? 0) + 1, (e.BytePositionInLine ?? 0) + 1);
        var reason = e.Message.Split(" LineNumber:", 2)[0];
        return At(line, column, $"line {line}, column {column}: {reason}");
    }

    public static ProblemException NotUtf8(ReadOnlySpan<byte> text)
    {
        var valid = 0;
        while (Rune.DecodeFromUtf8(text[valid..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            valid += length;
        }

        var (line, column) = (text[..valid].Count((byte)'\n') + 1, valid - text[..valid].LastIndexOf((byte)'\n'));
        return At(line, column, $"line {line}, column {column}: the bytes are not UTF-8");
    }

    public static ProblemException TooDeep(int limit) =>
        new(new Problem(ProblemKinds.Limit, $"more than {limit} arrays and objects inside each other") { Limit = limit });

    private static ProblemException At(long line, long column, string detail) =>
        new(new Problem(ProblemKinds.Syntax, detail) { Line = line, Column = column });
}
