namespace Cairn.Model;

/// <summary>How the text of a space is analysed for search.</summary>
public enum TextLanguage : byte
{
    /// <summary>English stemming and stop words.</summary>
    English = 0,

    /// <summary>Words as they are.</summary>
    None = 1,
}

/// <summary>How two vectors of a space are compared.</summary>
public enum VectorMetric : byte
{
    /// <summary>Cosine of the angle.</summary>
    Cosine = 0,

    /// <summary>Dot product.</summary>
    Dot = 1,

    /// <summary>Euclidean distance.</summary>
    L2 = 2,
}

/// <summary>The settings of a space. They influence replay, so each change is itself a logged frame. Immutable.</summary>
public sealed record SpaceSettings
{
    /// <summary>The shortest idempotency window.</summary>
    public static readonly TimeSpan MinIdempotencyWindow = TimeSpan.FromHours(1);

    /// <summary>The longest idempotency window.</summary>
    public static readonly TimeSpan MaxIdempotencyWindow = TimeSpan.FromDays(3);

    /// <summary>What a space has at first.</summary>
    public static readonly SpaceSettings Default = new();

    /// <summary>Time in which strength halves; null: strength does not decay.</summary>
    public TimeSpan? HalfLife { get; init; }

    /// <summary>Text analysis.</summary>
    public TextLanguage Language { get; init; }

    /// <summary>The attributes whose texts are searched and embedded; null: all. Id and content always are.</summary>
    public TextAttributes? TextAttributes { get; init; }

    /// <summary>Components of every vector of the space, 1 to 4,096; null: not fixed yet, any length is stored.</summary>
    public int? VectorDimensions { get; init; }

    /// <summary>Comparison of vectors.</summary>
    public VectorMetric VectorMetric { get; init; }

    /// <summary>The remote model whose vectors answer searches, 1 to 128 bytes; null: none, the built-in one answers or nothing does.</summary>
    public string? EmbeddingModel { get; init; }

    /// <summary>The remote model that is to serve when all vectors of it are there, 1 to 128 bytes; null: none.</summary>
    public string? NextEmbeddingModel { get; init; }

    /// <summary>Expiry of a concept that is created without one, counted from its commit; null: never.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>How long ids given by callers are remembered, by the log clock.</summary>
    public TimeSpan IdempotencyWindow { get; init; } = TimeSpan.FromHours(24);
}
