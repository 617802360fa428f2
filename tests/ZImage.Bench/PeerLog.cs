using System.Globalization;
using System.Text.RegularExpressions;

namespace ZImage.Bench;

/// <summary>
/// Seconds of one picture as the log of stable-diffusion.cpp has them. It reads the tensors of each part of the model when that is first used: that
/// is taken out of the part's time and counted as loading.
/// </summary>
/// <param name="Load">Everything before the picture is begun, and reading tensors.</param>
/// <param name="Text">Encoding the prompt.</param>
/// <param name="Sample">All steps.</param>
/// <param name="Decode">From latent to pixels.</param>
/// <param name="Whole">From the start of the program until the picture is there.</param>
internal sealed record PeerTimes(double Load, double Text, double Sample, double Decode, double Whole);

/// <summary>Reads the log of stable-diffusion.cpp's command-line program, as it writes it with <c>-v</c>.</summary>
internal static partial class PeerLog
{
    /// <exception cref="FormatException">A part of the picture has no time in the log.</exception>
    public static PeerTimes Read(IEnumerable<OutputLine> lines)
    {
        double load = 0, read = 0;
        double? text = null, sample = null, decode = null, whole = null;
        foreach (OutputLine line in lines)
        {
            if (Beginning().IsMatch(line.Text))
                load = line.Seconds;
            if (Ending().Match(line.Text) is not { Success: true } ending)
                continue;
            double seconds = double.Parse(ending.Groups["seconds"].Value, CultureInfo.InvariantCulture);
            switch (ending.Groups["part"].Value)
            {
                case "get_learned_condition":
                    text = WithoutReading(seconds);
                    break;
                case "sampling":
                    sample = WithoutReading(seconds);
                    break;
                case "decode_first_stage":
                    decode = WithoutReading(seconds);
                    break;
                case "generate_image":
                    whole = line.Seconds;
                    break;
                default:
                    read += seconds;
                    break;
            }
        }
        return new PeerTimes(load, Require(text, "the prompt"), Require(sample, "the steps"), Require(decode, "the decoding"), Require(whole, "the picture"));

        double WithoutReading(double seconds)
        {
            load += read;
            seconds -= read;
            read = 0;
            return seconds;
        }
    }

    private static double Require(double? seconds, string part) => seconds ?? throw new FormatException($"The peer's log has no time of {part}.");

    [GeneratedRegex(@"- generate_image \d+x\d+")]
    private static partial Regex Beginning();

    [GeneratedRegex(@"- (?<part>loading tensors|memory-mapped|get_learned_condition|sampling|decode_first_stage|generate_image)\b.*?(?: completed,? )?(?:taking|in) (?<seconds>\d+\.\d+)s")]
    private static partial Regex Ending();
}
