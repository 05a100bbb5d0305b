using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Triggers;

/// <summary>
/// Commits by message that went to the poison queue instead of the log, by the life of their space and their id: so that whoever asks for the id, or waits for it by a
/// token, hears that it is decided. Any thread, any number of processes.
/// </summary>
internal sealed class RefusedCommits(ITableStore tables)
{
    private const int Version = 1;
    private const int MaxDetailLength = 1000;
    private const int HashBytes = 16;
    private const string Partition = "refused";

    /// <summary>Remembers one; durable when it returns. One that was remembered before stays as it was.</summary>
    /// <exception cref="CairnException">Unavailable, Throttled: the tables.</exception>
    public async ValueTask AddAsync(Incarnation space, ReadOnlyMemory<byte> commitId, PoisonReason reason, CancellationToken cancellationToken)
    {
        var detail = reason.Detail.Length > MaxDetailLength ? reason.Detail[..MaxDetailLength] : reason.Detail;
        var record = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?> { ["version"] = Version, ["reason"] = reason.Kind, ["detail"] = detail, ["pointer"] = reason.Pointer });
        await tables.PutAsync(KeyOf(space, commitId.Span), record, expected: null, cancellationToken);
    }

    /// <summary>Why a commit was refused; null: it was not, as far as is known.</summary>
    /// <exception cref="CairnException">Unavailable, Throttled: the tables. Corrupt: the record.</exception>
    public async ValueTask<PoisonReason?> FindAsync(Incarnation space, ReadOnlyMemory<byte> commitId, CancellationToken cancellationToken) =>
        await tables.FindAsync(KeyOf(space, commitId.Span), cancellationToken) is { } record ? Decode(record) : null;

    private static RecordKey KeyOf(Incarnation space, ReadOnlySpan<byte> commitId) =>
        new(Partition, $"{space}-{Convert.ToHexStringLower(SHA256.HashData(commitId).AsSpan(0, HashBytes))}");

    private static PoisonReason Decode(TableRecord record)
    {
        try
        {
            using var document = JsonDocument.Parse(record.Bytes);
            var root = document.RootElement;
            return root.GetProperty("version").GetInt32() == Version
                ? new(root.GetProperty("reason").GetString()!, root.GetProperty("detail").GetString()!, root.GetProperty("pointer").GetString())
                : throw new FormatException("an unknown version");
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CairnException(ErrorKind.Corrupt, $"the record of the refused commit {record.Key} makes no sense: {failure.Message}", failure);
        }
    }
}
