//! A pod's claims, by what is to be done about them.

use super::NAME;
use crate::api::ObjectKey;
use crate::decode::storage::{BindingMode, PersistentVolumeClaim};
use crate::framework::Cycle;
use crate::framework::volume_reason::VolumeReason;
use crate::plugins::volume_state::{self, Lookup};

/// The claims of a pod (upstream volumebinding/binder.go, PodVolumeClaims). Claims whose state is
/// not known are in none of the lists.
#[derive(Default)]
pub struct PodClaims<'a> {
    /// Bound in both directions.
    pub bound: Vec<&'a PersistentVolumeClaim>,
    /// Not bound; their class waits for the first consumer.
    pub delayed: Vec<&'a PersistentVolumeClaim>,
    /// Not bound though they should be; those that name a volume are among them.
    pub immediate: Vec<&'a PersistentVolumeClaim>,
}

impl<'a> PodClaims<'a> {
    /// Sorts the claims of the cycle's pod (upstream GetPodVolumeClaims).
    ///
    /// # Errors
    /// A class that does not say when its claims are bound, in upstream's words.
    pub fn of(cycle: Cycle<'a>) -> Result<Self, String> {
        let mut claims = Self::default();
        for key in claim_keys(cycle) {
            let Lookup::Found(claim) = volume_state::claim(cycle, key, NAME) else { continue };
            if claim.is_fully_bound() {
                claims.bound.push(claim);
            } else if claim.class.is_empty() {
                claims.immediate.push(claim);
            } else {
                match volume_state::class(cycle, claim.class, NAME) {
                    Lookup::Found(class) => match class.binding_mode {
                        None => return Err(format!("VolumeBindingMode not set for StorageClass \"{}\"", class.name)),
                        Some(BindingMode::WaitForFirstConsumer) if claim.volume_name.is_empty() => {
                            claims.delayed.push(claim);
                        }
                        Some(_) => claims.immediate.push(claim),
                    },
                    Lookup::Missing => claims.immediate.push(claim),
                    // Whatever the class: a claim that names a volume is not the scheduler's to bind.
                    Lookup::Unknown if !claim.volume_name.is_empty() => claims.immediate.push(claim),
                    Lookup::Unknown => {}
                }
            }
        }
        Ok(claims)
    }
}

fn claim_keys(cycle: Cycle<'_>) -> impl Iterator<Item = ObjectKey> + '_ {
    cycle.pod.spec().volumes.iter().filter_map(move |volume| volume.claim_of(cycle.pod.key()))
}

/// Whether the pod has claims at all (upstream volumebinding/volume_binding.go, podHasPVCs).
///
/// # Errors
/// One of them cannot be used.
pub fn check(cycle: Cycle<'_>) -> Result<bool, VolumeReason> {
    let pod = cycle.pod;
    let mut any = false;
    for volume in &pod.spec().volumes {
        let Some(key) = volume.claim_of(pod.key()) else { continue };
        any = true;
        let claim = match volume_state::claim(cycle, key, NAME) {
            Lookup::Found(claim) => claim,
            Lookup::Unknown => continue,
            Lookup::Missing if volume.is_ephemeral() => {
                return Err(VolumeReason::EphemeralClaimPending { claim: key });
            }
            Lookup::Missing => return Err(VolumeReason::ClaimNotFound { claim: key }),
        };
        if claim.lost {
            return Err(VolumeReason::ClaimLost { claim: key, volume: claim.volume_name });
        }
        if claim.terminating {
            return Err(VolumeReason::ClaimTerminating { claim: key });
        }
        if volume.is_ephemeral() && !claim.is_for(&pod.own) {
            return Err(VolumeReason::ClaimOfAnotherOwner { claim: key, pod: pod.key() });
        }
    }
    Ok(any)
}
