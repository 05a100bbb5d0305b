using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Triggers;

/// <summary>Why a message goes to the poison queue.</summary>
/// <param name="Kind">A kind of problem, or one of those of <see cref="Undeliverable"/>.</param>
/// <param name="Detail">In words.</param>
/// <param name="Pointer">JSON pointer into the message; null: it is about none of its parts.</param>
internal sealed record PoisonReason(string Kind, string Detail, string? Pointer = null)
{
    // From here on a problem passes by itself, or is ours to mend.
    private const int FirstTransientStatus = StatusCodes.Status429TooManyRequests;

    /// <summary>The reason that a failure is; null: a further delivery may do better.</summary>
    public static PoisonReason? Of(Exception failure, Delivery delivery)
    {
        if (failure is Undeliverable undeliverable)
        {
            return new(undeliverable.Reason, undeliverable.Message);
        }

        // The space that is held here has ended elsewhere, or is not known any more: the next delivery finds what there is by now, or that there is none.
        var isGone = failure is CairnException { Kind: ErrorKind.NotFound };
        var problem = ProblemMap.Of(failure);
        return (problem.Status < FirstTransientStatus && !isGone) || delivery.Count >= Delivery.MaxCount ? new(problem.Kind, problem.Detail, problem.Pointer) : null;
    }
}
