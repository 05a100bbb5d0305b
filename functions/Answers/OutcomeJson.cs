using Cairn.Formats;
using Cairn.Functions.Problems;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Answers;

/// <summary>The outcome of a commit in the shape of the contract.</summary>
internal static class OutcomeJson
{
    private static readonly string[] EffectWords = ["", "created", "updated", "unchanged", "skipped", "deleted"];
    private static readonly string[] ReasonWords = ["", "exists", "missing", "version", "missing-endpoint", "limit", "expired", "reused"];

    /// <summary>A commit that was decided.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="commitId">Its id.</param>
    /// <param name="outcome">Committed or rejected.</param>
    /// <param name="body">The commit's body, which names the targets; empty: not known.</param>
    /// <param name="token">Covers it.</param>
    public static void Write(JsonWriter json, ReadOnlySpan<byte> commitId, CommitOutcome outcome, ReadOnlySpan<byte> body, string token)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, commitId);
        json.WriteString("outcome"u8, outcome.Kind == OutcomeKind.Committed ? "committed"u8 : "rejected"u8);
        json.WriteNumber("position"u8, outcome.Position.Value);
        json.WriteString("token"u8, token);
        if (outcome.Kind == OutcomeKind.Committed)
        {
            WriteResults(json, outcome.Results, body);
        }
        else
        {
            WriteRejection(json, RejectionOf(outcome));
        }

        json.WriteEndObject();
    }

    /// <summary>A commit that is durable, or queued, and not decided.</summary>
    public static void WritePending(JsonWriter json, ReadOnlySpan<byte> commitId, string token)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, commitId);
        json.WriteString("outcome"u8, "pending"u8);
        json.WriteString("token"u8, token);
        json.WriteEndObject();
    }

    /// <summary>A commit by message that was refused before it came to the log.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="commitId">Its id.</param>
    /// <param name="detail">Why.</param>
    /// <param name="position">Where the log was when this was asked: it holds no such commit up to there.</param>
    /// <param name="token">Covers that.</param>
    public static void WriteRefused(JsonWriter json, ReadOnlySpan<byte> commitId, string detail, LogPosition position, string token)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, commitId);
        json.WriteString("outcome"u8, "rejected"u8);
        json.WriteNumber("position"u8, position.Value);
        json.WriteString("token"u8, token);
        json.WriteString("reason"u8, "refused"u8);
        json.WriteString("detail"u8, detail);
        json.WriteEndObject();
    }

    public static Rejection RejectionOf(CommitOutcome outcome) => new(
        outcome.Operation >= 0 ? outcome.Operation : null, outcome.Precondition >= 0 ? outcome.Precondition : null, ReasonWords[(int)outcome.Reason]);

    public static void WriteRejection(JsonWriter json, Rejection rejection)
    {
        if (rejection.Operation is { } operation)
        {
            json.WriteNumber("operation"u8, operation);
        }

        if (rejection.Precondition is { } precondition)
        {
            json.WriteNumber("precondition"u8, precondition);
        }

        json.WriteString("reason"u8, rejection.Reason);
    }

    /// <summary>What each operation did, with its target if the commit's body is known.</summary>
    public static void WriteResults(JsonWriter json, IReadOnlyList<OperationResult> results, ReadOnlySpan<byte> body)
    {
        var reader = body.IsEmpty ? default : new CommitReader(body);
        json.WriteStartArray("results"u8);
        for (var i = 0; i < results.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("effect"u8, EffectWords[(int)results[i].Effect]);
            if (!body.IsEmpty && reader.TryReadOperation(out var operation))
            {
                WriteTarget(json, operation);
            }

            if (results[i].Effect != Effect.Deleted && results[i].Version != LogPosition.Zero)
            {
                json.WriteNumber("version"u8, results[i].Version.Value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTarget(JsonWriter json, OperationView operation)
    {
        if (!operation.IsAssociation)
        {
            json.WriteString("id"u8, operation.Id);
            return;
        }

        json.WriteString("source"u8, operation.Association.Source);
        json.WriteString("type"u8, operation.Association.Type);
        json.WriteString("target"u8, operation.Association.Target);
        json.WriteString("key"u8, operation.Association.Key);
    }
}
