using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Functions.Json;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Hub;

/// <summary>Commits as events of the hub, in the form that <see cref="Triggers.IngestMessage"/> reads. Pure functions.</summary>
internal static class EventText
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A commit's JSON, with the id that it has from now on.</summary>
    /// <param name="json">The object as it came.</param>
    /// <param name="id">Its id; empty: it stands in the object.</param>
    public static byte[] CommitOf(ReadOnlySpan<byte> json, ReadOnlySpan<byte> id)
    {
        var inner = json[(json.IndexOf((byte)'{') + 1)..];
        return id.IsEmpty ? [(byte)'{', .. inner] : [.. "{\"id\":"u8, .. Quoted(id), (byte)',', .. inner];
    }

    /// <summary>The commit that an operation becomes.</summary>
    public static byte[] CommitOfOperation(ReadOnlySpan<byte> json, ReadOnlySpan<byte> id) =>
        [.. "{\"id\":"u8, .. Quoted(id), .. ",\"operations\":["u8, .. json, .. "]}"u8];

    /// <summary>The event of a commit.</summary>
    public static byte[] Write(SpaceRecord space, Timestamp sentAt, ReadOnlySpan<byte> commit) => [.. Start(space, sentAt), .. ",\"commit\":"u8, .. commit, (byte)'}'];

    /// <summary>The event of a commit in a claim check.</summary>
    public static byte[] WriteClaim(SpaceRecord space, Timestamp sentAt, ReadOnlySpan<byte> id, string claim) =>
        [.. Start(space, sentAt), .. ",\"claim\":"u8, .. Quoted(System.Text.Encoding.ASCII.GetBytes(claim)), .. ",\"id\":"u8, .. Quoted(id), (byte)'}'];

    // None has anything to escape.
    private static byte[] Start(SpaceRecord space, Timestamp sentAt)
    {
        Span<byte> room = stackalloc byte[InstantText.MaxLength];
        var names = System.Text.Encoding.ASCII.GetBytes($"{{\"space\":\"{space.Name}\",\"incarnation\":\"{space.Incarnation}\"");
        return [.. names, .. ",\"sentAt\":\""u8, .. InstantText.Format(sentAt, room), (byte)'"'];
    }

    private static ReadOnlySpan<byte> Quoted(ReadOnlySpan<byte> text)
    {
        var quoted = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(quoted, Plain))
        {
            json.WriteStringValue(text);
        }

        return quoted.WrittenSpan;
    }
}
